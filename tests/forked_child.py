"""Work in a forked child, which ends as multiprocessing ends one: without any clean-up."""

from __future__ import annotations

import os
from collections.abc import Callable


def in_fork(work: Callable[[], object]) -> str:
    """The value of ``work`` there, as `repr` shows it, or the error that it raises."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            said = repr(work())
        except BaseException as error:
            said = repr(error)
        os.write(write, said.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said
