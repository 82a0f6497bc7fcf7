"""Hands what a function returned or raised in a thread to the event loop that waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from inspect import iscoroutine
from typing import Any

#: A value and None, or None and what was raised.
Result = tuple[Any, Exception | None]


def result_of(function: Callable[[], Any]) -> Result:
    """Call ``function``, which may raise whatever it likes; nothing of it ends the thread."""
    try:
        return function(), None
    except StopIteration as error:  # no future takes that
        return None, RuntimeError(f"it raised {error!r}")
    except Exception as error:  # raised where the value is awaited
        return None, error
    except BaseException as error:  # sys.exit() ends nothing here
        return None, RuntimeError(f"it raised {error!r}")


def hand(future: asyncio.Future[Any], value: Any, error: Exception | None) -> None:
    """Settle ``future`` in its loop, from any thread, unless nobody waits any more."""
    try:
        future.get_loop().call_soon_threadsafe(_settle, future, value, error)
    except RuntimeError:  # the loop is closed
        _leave(value)


def _settle(future: asyncio.Future[Any], value: Any, error: Exception | None) -> None:
    if future.done():
        _leave(value)
    elif error is None:
        future.set_result(value)
    else:
        future.set_exception(error)


def _leave(value: Any) -> None:
    """A coroutine that comes when nobody waits for it is not begun."""
    if iscoroutine(value):
        value.close()
