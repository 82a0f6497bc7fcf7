"""Expected and actual events as timelines side by side (``--playertrack-pictures``)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from hashlib import sha256
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from ..events import Event, to_record
from .patterns import Pattern

_P = ParamSpec("_P")
_R = TypeVar("_R")


def pictured(check: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let the failures of an assertion know its arguments, so that a picture can be made."""

    @wraps(check)
    def checked(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        __tracebackhide__ = True
        # What can be read only once is to be read twice.
        given: list[Any] = [list(each) if isinstance(each, Iterator) else each for each in args]
        named: dict[str, Any] = {
            name: list(each) if isinstance(each, Iterator) else each
            for name, each in kwargs.items()
        }
        try:
            return check(*given, **named)
        except AssertionError as error:
            log = given[0] if given else named["log"]
            expected = [*given[1:2], *([named["expected"]] if "expected" in named else [])]
            wanted = list(expected[0]) if expected and check.__name__ == "assert_events" else []
            error.playertrack = (log, wanted)  # type: ignore[attr-defined] # for `leave`
            raise

    return checked


def leave(folder: Path, test: str, error: AssertionError) -> Path:
    """Write the page of a failed test and say where it is."""
    from ..timeline import to_comparison

    log, expected = error.playertrack  # type: ignore[attr-defined] # of `drawn`
    got = _records(getattr(log, "events", log))
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w.-]+", "-", test)[-80:].strip("-")
    where = folder / f"{name}-{sha256(test.encode()).hexdigest()[:6]}.html"
    pictures = {"expected": _log_picture(_timed(expected, got)), "got": _picture(log, got)}
    where.write_text(to_comparison(pictures, test, str(error)), "utf-8")
    return where


def _records(events: Iterable[Any]) -> list[dict[str, Any]]:
    return [to_record(each) if isinstance(each, Event) else dict(each) for each in events]


def _picture(log: Any, got: list[dict[str, Any]]) -> Any:
    """The picture of what came: of its signals, if they are known."""
    from ..timeline import observe

    signals = getattr(log, "signals", None)
    if signals:
        numbered = [(line, (None, signal)) for line, signal in enumerate(signals, 1)]
        rows = observe(numbered, getattr(log, "policy", None)).rows
        if rows:
            return rows[0]
    return _log_picture(got)


def _log_picture(records: list[dict[str, Any]]) -> Any:
    from ..timeline.from_log import row_of

    return row_of((None, record) for record in records)


def _timed(expected: Iterable[Any], got: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The expected events as records; one without a time takes that of its like in ``got``."""
    left = list(got)
    at = got[0]["at"] if got else 0.0
    duration = next((each["duration"] for each in got if each.get("duration")), None)
    timed = []
    for each in expected:
        pattern = Pattern.of(each)
        if pattern is None:
            continue
        record = {"event": pattern.name, **pattern.fields}
        like = next((other for other in left if other["event"] == record.get("event")), None)
        if like is not None:
            left.remove(like)
            record = {"at": like["at"], "position": like.get("position"), **record}
        at = record.setdefault("at", at)
        timed.append({"duration": duration, **record})
    return timed
