"""The log of the package: handlers of the program, which may do anything, end nothing here."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import Any

_Adapter = logging.LoggerAdapter[logging.Logger]


class _Log(_Adapter):
    """Logs as ``playertrack``; what a handler raises goes no further than standard error.

    The thread of a queue, or the one that sends, would be lost with all that it has to do.
    """

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        kwargs["stacklevel"] = kwargs.get("stacklevel", 1) + 1  # this method is not the caller
        try:
            super().log(level, msg, *args, **kwargs)
        except KeyboardInterrupt:
            raise  # it is the program's
        except BaseException as error:
            with suppress(Exception):
                sys.stderr.write(f"playertrack: a log handler failed: {error!r}\n")


log = _Log(logging.getLogger("playertrack"), None)
