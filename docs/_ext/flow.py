"""The state machine as a drawing of its usual ways, and as the table of all ways.

Both are of `playertrack.core.machine.RULES`: a way that the table does not have is an error.
"""

from __future__ import annotations

from html import escape
from math import hypot

from playertrack.core.machine import RULES
from playertrack.core.state import State

_WIDTH, _HEIGHT = 92, 34

#: Where the states are drawn (their middles).
PLACES = {
    "IDLE": (60, 190),
    "READY": (220, 190),
    "LOADED": (380, 190),
    "STARTING": (540, 190),
    "PLAYING": (720, 190),
    "STALLING": (600, 50),
    "BUFFERING": (850, 50),
    "PAUSING": (600, 330),
    "PAUSED": (720, 420),
    "RESUMING": (850, 330),
    "ENDED": (990, 190),
    "FAILED": (990, 80),
    "CLOSED": (60, 330),
}

#: The usual ways: from, trigger, to, and how far (px) the line bends to its left.
WAYS = (
    ("IDLE", "ready", "READY", 0),
    ("READY", "loaded", "LOADED", 0),
    ("LOADED", "play", "STARTING", 0),
    ("STARTING", "playing", "PLAYING", 0),
    ("PLAYING", "stall", "STALLING", 18),
    ("STALLING", "stall_end", "PLAYING", 18),
    ("STALLING", "buffer", "BUFFERING", 0),
    ("BUFFERING", "stall_end", "PLAYING", 0),
    ("PLAYING", "pause", "PAUSING", 18),
    ("PAUSING", "pause_excused", "PLAYING", 18),
    ("PAUSING", "pause_stands", "PAUSED", 0),
    ("PAUSED", "play", "RESUMING", 0),
    ("RESUMING", "playing", "PLAYING", 0),
    ("PLAYING", "ended", "ENDED", 0),
    ("PLAYING", "fail", "FAILED", 0),
)


def drawing() -> str:
    """The usual ways as SVG."""
    known = {(rule.source.value, rule.trigger, rule.dest and rule.dest.value) for rule in RULES}
    parts = ['<div class="drawn"><svg class="flow" viewBox="0 0 1050 450" width="1050">']
    for source, trigger, dest, bend in WAYS:
        assert (source, trigger, dest) in known, f"{source} has no {trigger} to {dest}"
        parts.append(_arrow(PLACES[source], PLACES[dest], trigger, bend))
    for name, (x, y) in PLACES.items():
        parts.append(
            f'<rect x="{x - _WIDTH / 2}" y="{y - _HEIGHT / 2}" width="{_WIDTH}" '
            f'height="{_HEIGHT}" rx="7"/><text class="name" x="{x}" y="{y + 4}">{name}</text>'
        )
    parts.append('<text x="60" y="300">close, from all</text>')
    parts.append("</svg></div>")
    return "".join(parts)


def _arrow(source: tuple[float, float], dest: tuple[float, float], label: str, bend: float) -> str:
    (x, y), (u, v) = source, dest
    length = hypot(u - x, v - y)
    across = ((v - y) / length, -(u - x) / length)
    middle = ((x + u) / 2 + bend * 2 * across[0], (y + v) / 2 + bend * 2 * across[1])
    x, y = _edge(source, middle)
    u, v = _edge(dest, middle)
    toward = hypot(u - middle[0], v - middle[1]) or 1.0
    dx, dy = (u - middle[0]) / toward, (v - middle[1]) / toward
    head = (
        f"{u:.1f},{v:.1f} {u - 8 * dx - 4 * dy:.1f},{v - 8 * dy + 4 * dx:.1f} "
        f"{u - 8 * dx + 4 * dy:.1f},{v - 8 * dy - 4 * dx:.1f}"
    )
    lx, ly = (x + 2 * middle[0] + u) / 4, (y + 2 * middle[1] + v) / 4
    return (
        f'<path d="M{x:.1f} {y:.1f} Q{middle[0]:.1f} {middle[1]:.1f} {u:.1f} {v:.1f}"/>'
        f'<polygon class="head" points="{head}"/>'
        f'<text x="{lx:.1f}" y="{ly - 3:.1f}">{escape(label)}</text>'
    )


def _edge(box: tuple[float, float], toward: tuple[float, float]) -> tuple[float, float]:
    """Where a line from the middle of a box leaves it."""
    dx, dy = toward[0] - box[0], toward[1] - box[1]
    scale = min(
        (_WIDTH / 2 + 2) / abs(dx) if dx else 9e9, (_HEIGHT / 2 + 2) / abs(dy) if dy else 9e9
    )
    return box[0] + dx * scale, box[1] + dy * scale


def table() -> str:
    """Every row of the table: from each state, where each trigger leads."""
    rows = []
    for state in State:
        ways: dict[str, list[str]] = {}
        for rule in RULES:
            if rule.source is state:
                dest = "stays" if rule.dest in (None, state) else f"→ {rule.dest.value}"
                guards = "".join(f" if {guard.__name__}" for guard in rule.guards)
                ways.setdefault(dest + guards, []).append(rule.trigger)
        shown = (f"{', '.join(triggers)} {dest}" for dest, triggers in ways.items())
        cell = "<br>".join(map(escape, shown)) or "nothing"
        rows.append(f"<tr><th>{state.value}</th><td>{cell}</td></tr>")
    return f'<div class="drawn"><table class="machine">{"".join(rows)}</table></div>'
