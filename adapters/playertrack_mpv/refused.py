"""What mpv refuses."""

from __future__ import annotations

#: MPV_ERROR_COMMAND: what a seek gets before there is anything to seek in.
TOO_EARLY = -12


class RefusedError(Exception):
    """mpv refuses a command; ``code`` is its number for why."""

    def __init__(self, command: str, code: int, why: str) -> None:
        self.code = code
        super().__init__(f"{command}: {why}")
