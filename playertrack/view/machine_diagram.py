"""The state machine, drawn with the state that a player is in."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from ..core.machine import RULES
from ..core.state import State
from ..timeline.canvas import put, write
from ..timeline.elements import el

#: The column and the row of each state: the usual way runs from left to right.
_PLACES = {
    "IDLE": (0, 1),
    "READY": (0, 0),
    "LOADED": (1, 0),
    "STARTING": (1, 1),
    "PLAYING": (2, 1),
    "PAUSED": (2, 0),
    "RESUMING": (3, 0),
    "STALLING": (2, 2),
    "BUFFERING": (3, 2),
    "PAUSING": (3, 1),
    "ENDED": (4, 1),
    "FAILED": (4, 2),
    "CLOSED": (4, 0),
}
_WIDE, _HIGH, _STEP_X, _STEP_Y = 86.0, 24.0, 118.0, 46.0


def machine_diagram(now: str) -> ET.Element:
    """The states and the ways between neighbours, the one ``now`` marked."""
    names = [state.value for state in State]
    places = {name: _PLACES.get(name, (5, index)) for index, name in enumerate(names)}
    drawing = el(
        "svg",
        class_="machine",
        viewBox=f"0 0 {_STEP_X * 5} {_STEP_Y * 3}",
        role="img",
        aria_label=f"the state machine; it is {now} now",
    )
    for rule in RULES:
        source, dest = (_name(each) for each in (rule.source, rule.dest))
        if source in places and dest in places and source != dest and dest != "CLOSED":
            _way(drawing, places[source], places[dest])
    for name, (column, line) in places.items():
        box = put(drawing, "g", "state now" if name == now else "state")
        x, y = column * _STEP_X + 8, line * _STEP_Y + 8
        put(box, "rect", "box", x=x, y=y, width=_WIDE, height=_HIGH, rx=5.0)
        write(box, "name", name, x=x + _WIDE / 2, y=y + 16, anchor="middle")
    return el(
        "details",
        el("summary", "state ", el("b", now, id="state")),
        drawing,
        class_="states",
        open=True,
    )


def _name(state: object) -> str:
    return str(getattr(state, "value", state))


def _way(drawing: ET.Element, start: tuple[int, int], end: tuple[int, int]) -> None:
    """A line between states that are next to each other; the others would cross too much."""
    (column, line), (to_column, to_line) = start, end
    if abs(column - to_column) + abs(line - to_line) != 1:
        return
    x, y = column * _STEP_X + 8 + _WIDE / 2, line * _STEP_Y + 8 + _HIGH / 2
    to_x, to_y = to_column * _STEP_X + 8 + _WIDE / 2, to_line * _STEP_Y + 8 + _HIGH / 2
    put(drawing, "line", "way", x1=x, y1=y, x2=to_x, y2=to_y)
