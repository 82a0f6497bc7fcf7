"""A timeline as a page: the drawing, with zoom, and the explanation of each event on hovering.

One file that loads nothing: styles and script are in it, and nothing else may run in it
(Content-Security-Policy), whatever a trace has for a name. Without script it is still readable.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files
from xml.etree import ElementTree as ET

from .model import Timeline
from .style import PAGE, STYLE
from .svg import MOST_ROWS, clean, draw_row, left_out, legend_svg

_ROW = """<section tabindex="0">
<div class="zooming" hidden>
<button type="button" data-by="2" title="zoom in (+, or Ctrl and the wheel)">+</button>
<button type="button" data-by="0.5" title="zoom out (-)">\N{MINUS SIGN}</button>
<button type="button" data-by="0" title="show all (0)">all</button>
</div>
<div class="drawing">{drawing}</div>
<details><summary>events, and why they came</summary><ol></ol></details>
</section>
"""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
style-src '{style_hash}'; script-src '{script_hash}'">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<div class="playertrack-timeline">
<header><h1>{title}</h1>
<button type="button" id="themes" hidden>light / dark</button></header>
<p class="note">{note}</p>
<div class="drawing">{legend}</div>
<main>
{rows}</main>
<div id="tip" role="status" hidden></div>
</div>
<script>{script}</script>
</body>
</html>
"""


def to_html(timeline: Timeline, title: str = "timeline") -> str:
    """The page, named ``title``; of more than `MOST_ROWS` sessions the first are drawn."""
    style = STYLE + PAGE
    script = files(__package__).joinpath("page.js").read_text("utf-8")
    rows = [draw_row(row, timeline.start) for row in timeline.rows[:MOST_ROWS]]
    return _PAGE.format(
        title=escape(clean(title)),
        note=escape(left_out(timeline)),
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        legend=ET.tostring(legend_svg(rows), encoding="unicode"),
        rows="".join(_ROW.format(drawing=ET.tostring(row, encoding="unicode")) for row in rows),
    )


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
