"""Hooks to run when a process forks, for those who own threads and files."""

from __future__ import annotations

import os
from weakref import WeakSet


class Forked:
    """The base of what must not be the same in a process and its copy; it is put in `watched`."""

    def before_fork(self) -> None:
        """In the process that is about to be copied."""

    def after_fork_in_parent(self) -> None:
        """In that process, when it is done."""

    def after_fork_in_child(self) -> None:
        """In the copy, where nothing of the parent's may be used."""


#: All that there are; what is used no more goes by itself.
watched: WeakSet[Forked] = WeakSet()


def _before() -> None:
    for each in tuple(watched):
        each.before_fork()


def _in_parent() -> None:
    for each in tuple(watched):
        each.after_fork_in_parent()


def _in_child() -> None:
    for each in tuple(watched):
        each.after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
