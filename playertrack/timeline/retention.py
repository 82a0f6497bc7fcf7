"""Draws the retention curve: which part of the plays got how far."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from .style import COLOURS

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 720, 340, 48, 36, 180, 32
_INKS = ("play", "again", "often", "ad", "wait", "end")

_TITLE = "Share of the plays that played over each percent of the media"

#: A value for each percent of the media, None where it is not known.
Curve = Sequence[float | None]


def retention_svg(curves: Sequence[tuple[str, Curve]]) -> str:
    """The curves, each with its name, as an SVG; the first six of them, and how many are left."""
    inside_w, inside_h = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" class="playertrack-timeline" role="img"',
        f' viewBox="0 0 {_WIDTH} {_HEIGHT}" aria-label="Audience retention">',
        f"<style>{COLOURS} text{{font:12px system-ui,sans-serif;fill:var(--ink)}}",
        "path{fill:none;stroke-width:2}line{stroke:var(--grid)}</style>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="var(--paper)"/>',
        f'<text x="{_LEFT}" y="18">{_TITLE}</text>',
    ]
    for percent in (0, 25, 50, 75, 100):
        x, y = _LEFT + inside_w * percent / 100, _TOP + inside_h * (1 - percent / 100)
        parts += [
            f'<line x1="{_LEFT}" x2="{_LEFT + inside_w}" y1="{y:g}" y2="{y:g}"/>',
            f'<text x="{_LEFT - 6}" y="{y + 4:g}" text-anchor="end">{percent} %</text>',
            f'<text x="{x:g}" y="{_HEIGHT - 12}" text-anchor="middle">{percent} %</text>',
        ]
    for number, (name, curve) in enumerate(curves[: len(_INKS)]):
        ink = f"var(--{_INKS[number]})"
        points = [
            f"{_LEFT + inside_w * percent / 100:.1f} {_TOP + inside_h * (1 - share):.1f}"
            for percent, share in enumerate(curve)
            if share is not None
        ]
        y = _TOP + 14 + 20 * number
        x = _LEFT + inside_w + 14
        shown = name if len(name) <= 20 else f"{name[:19]}…"
        if points:
            parts.append(f'<path d="M{" L".join(points)}" stroke="{ink}"/>')
        parts += [
            f'<path d="M{x} {y - 4} h16" stroke="{ink}"/>',
            f'<text x="{x + 22}" y="{y}">{escape(shown)}</text>',
        ]
    if more := len(curves[len(_INKS) :]):
        x, y = _LEFT + inside_w + 36, _TOP + 14 + 20 * len(_INKS)
        parts.append(f'<text x="{x}" y="{y}">and {more} more, not drawn</text>')
    return "".join([*parts, "</svg>\n"])
