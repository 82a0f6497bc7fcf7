"""Writes `docs/player-v7.md`: our events beside those of Kaltura Player v7.

    .venv/bin/python tools/player_v7.py tests/traces/html5_player_v7/*.jsonl -o docs/player-v7.md

Takes recordings of a media element that have the requests of the player's analytics plugin in
them (``source`` is ``kava``), and writes a table for each: the reports of both sides, and for
each difference the rule that makes it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs

from playertrack import Engine, Event
from playertrack.trace.codec import parse_record
from playertrack_html5 import Translator

#: What the plugin calls differently.
_NAMES = {
    "IMPRESSION": "MEDIA_LOADED",
    **{
        f"PLAY_REACHED_{percent}_PERCENT": f"PLAY_REACHED_{percent}"
        for percent in (25, 50, 75, 100)
    },
}
#: Two of a name are one if they lie no further apart (s); VIEW comes by a timer.
_NEAR, _NEAR_VIEW = 0.6, 1.5

_INTRODUCTION = """\
# Beside Kaltura Player v7

The recordings are of Chromium playing a clip of 12 s in Kaltura Player 3.17.95
with its analytics plugin 1.15.2. One recording is read twice: the events of the
media element through `playertrack_html5`, and the requests that the plugin
sent. Times are seconds of the recording, `@` is the position. Where the two
differ, the rule that makes the difference is named. The policy
`replay_session="same"` comes as close as there is to the plugin's sessions.

In a clone, `tools/player_v7.py` writes this page.
"""

_SCENARIOS = {
    "a_play_to_end": "Played to the end",
    "b_seek_forward_70": "A seek forward, from 2 s to 8.4 s",
    "d_pause_resume": "A pause",
    "e_replay_after_end": "Played to the end, and again",
    "g_stall_throttled": "A wait for data",
    "h_error_404": "A clip that is missing",
    "k_rapid_scrub": "Six seeks within half a second",
    "m_loop": "In a loop, by the player",
}


@attrs.frozen
class Reported:
    """An event on one side; ``session`` is an ordinal."""

    name: str
    at: float
    position: float | None
    session: int
    own_name: str = ""

    def __str__(self) -> str:
        where = "" if self.position is None else f" @{self.position:.2f}"
        return f"{self.at:.2f} {self.own_name or self.name}{where}"


@attrs.frozen
class Row:
    """An event on one side or both; ``rule`` and ``why`` say what the difference is, if any."""

    ours: Reported | None
    theirs: Reported | None
    rule: str = ""
    why: str = ""


def compare(records: Sequence[dict[str, Any]]) -> list[Row]:
    """The rows of one recording, in the order of time."""
    ours, theirs = list(_ours(records)), list(_theirs(records))
    rows: list[Row] = []
    for mine in ours:
        twin = next((each for each in theirs if _same(mine, each)), None)
        if twin is not None:
            theirs.remove(twin)
        rows.append(Row(mine, twin, *_difference(mine, twin)))
    rows += [Row(None, each, *_only_theirs(each, ours)) for each in theirs]
    return sorted(rows, key=lambda row: _first(row).at)


def _first(row: Row) -> Reported:
    entry = row.ours or row.theirs
    assert entry is not None
    return entry


def _ours(records: Iterable[dict[str, Any]]) -> Iterator[Reported]:
    translator, engine = Translator(), Engine(policy=Translator.policy)
    sessions: list[str] = []
    events: list[Event] = []
    for record in records:
        for signal in translator.translate(record):
            events += engine.feed(signal)
    for event in [*events, *engine.close()]:
        if event.session not in sessions:
            sessions.append(event.session)
        ordinal = sessions.index(event.session) + 1
        yield Reported(event.event, event.at, event.position, ordinal)


def _theirs(records: Iterable[dict[str, Any]]) -> Iterator[Reported]:
    sessions: list[str] = []
    for record in records:
        if record["source"] == "kava":
            if record["sessionId"] not in sessions:
                sessions.append(record["sessionId"])
            kind = record["kind"]
            ordinal = sessions.index(record["sessionId"]) + 1
            name = _NAMES.get(kind, kind)
            yield Reported(name, record["t"] / 1000, record["position"], ordinal, kind)


def _same(mine: Reported, theirs: Reported) -> bool:
    near = _NEAR_VIEW if mine.name == "VIEW" else _NEAR
    return mine.name == theirs.name and abs(mine.at - theirs.at) <= near


_REPLAYED = (
    "R-replay",
    "a replay is a session of its own, with all of its events; the plugin goes on in the first",
)


def _difference(mine: Reported, theirs: Reported | None) -> tuple[str, str]:
    """The difference in an event that we report, and its rule."""
    if theirs is None:
        return _only_ours(mine)
    late = theirs.at - mine.at
    match mine.name:
        case "MEDIA_LOADED":
            return "R-loaded", "the media is known; the plugin has a name of its own for it"
        case "SEEK":
            return "R-seek", "reported when the seek is complete; the plugin reports its start"
        case "BUFFER_START":
            return "R-stall", "dated when the wait began; the plugin waits 0.2 s and dates it then"
        case "VIEW" if abs(late) > 0.1:
            return "R-view", "after just 10 s of play time; the plugin counts ticks of a second"
        case "REPLAY":
            return "R-replay", "opens a session, which the plugin does not; reported at the request"
        case _ if mine.name.startswith("PLAY_REACHED") and late < -0.1:
            return (
                "R-no-rounding",
                "the plugin rounds to whole percents, and so reports it half a percent early",
            )
    return "", ""


def _only_ours(mine: Reported) -> tuple[str, str]:
    if mine.session > 1:
        return _REPLAYED
    match mine.name:
        case "WIDGET_LOADED":
            return "R-ready", "the plugin does not report that the player is there"
        case "FIRST_PLAY":
            return "R-play", "the plugin does not report the first one of a player"
        case "VIEW":
            return "R-view", "the interval was full; the plugin's timer did not come to it"
    return "R-quartile", "played over only now; the plugin spent it on a seek"


def _only_theirs(theirs: Reported, ours: Sequence[Reported]) -> tuple[str, str]:
    ended = any(each.name == "PLAY_REACHED_100" and each.at < theirs.at for each in ours)
    match theirs.name:
        case "PLAY_REACHED_90_PERCENT":
            return "R-quartile", "the guide has 25, 50, 75 and 100 percent"
        case "PAUSE":
            return "R-pause", "the element pauses by itself at the end; nobody paused"
        case "SEEK" if not ended:
            return "R-seek", "a step of a drag, which is one SEEK; the plugin reports each"
        case "SEEK":
            return "R-replay", "the way back to the start is the replay, not a seek of the viewer"
        case "RESUME":
            return "R-play", "nothing was paused: the first frame of the replay is its PLAY"
        case "BUFFER_START" | "BUFFER_END" if ended:
            return "R-stall", "a wait before the first frame of the replay is part of its start"
        case "VIEW":
            return "R-view", "each session counts its play time from its own PLAY"
    return "R-quartile", "the seek passed the point: landing on it or beyond is not playing it"


# ------------------------------------------------------------------------------- the page


def table(rows: Iterable[Row]) -> Iterator[str]:
    """The rows as lines of Markdown."""
    yield "| playertrack | the plugin | rule | difference |"
    yield "|---|---|---|---|"
    for row in rows:
        cells = (row.ours or "", row.theirs or "", row.rule, row.why)
        yield f"| {' | '.join(map(str, cells))} |".replace("|  |", "| |").replace("|  |", "| |")


def page(recordings: Iterable[Path]) -> str:
    """The whole page, of all recordings."""
    lines = [_INTRODUCTION]
    for path in sorted(recordings, key=lambda path: path.name):
        rows = compare([parse_record(line) for line in path.read_bytes().splitlines()])
        mine = {row.ours.session for row in rows if row.ours}
        theirs = {row.theirs.session for row in rows if row.theirs}
        alike = sum(not row.rule for row in rows)
        lines += [f"## {_SCENARIOS.get(path.stem, path.stem)}", ""]
        sessions = f"Sessions: {len(mine)} here, {len(theirs)} there."
        lines += [f"{sessions} Of {len(rows)} events {alike} are alike.", "", *table(rows), ""]
    return "\n".join(lines)


def main() -> None:
    """Write the page to a file, or to standard output."""
    parser = argparse.ArgumentParser(description="Write our events beside those of Player v7.")
    parser.add_argument("recordings", nargs="+", metavar="RECORDING", type=Path)
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="default: as it comes")
    options = parser.parse_args()
    text = page(options.recordings)
    if options.output is None:
        sys.stdout.write(text)
    else:
        options.output.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
