"""The colours of a timeline, light and dark."""

from __future__ import annotations

_LIGHT = {
    "paper": "#ffffff",
    "ink": "#1f2430",
    "faint": "#667085",
    "grid": "#e4e7ec",
    "play": "#1a7f5a",
    "again": "#0e5c8f",
    "often": "#5b3aa6",
    "seek": "#8250df",
    "wait": "#d1432b",
    "rest": "#b9c0cc",
    "start": "#e0b13a",
    "end": "#7d8799",
    "ad": "#c26a00",
    "unseen": "#eef0f3",
}
_DARK = {
    "paper": "#14171d",
    "ink": "#e6e9ef",
    "faint": "#98a2b3",
    "grid": "#2a303b",
    "play": "#3fc38f",
    "again": "#5cb3ee",
    "often": "#b197f5",
    "seek": "#b08cff",
    "wait": "#ff7a61",
    "rest": "#5a6475",
    "start": "#c9992c",
    "end": "#828d9f",
    "ad": "#f0a347",
    "unseen": "#222833",
}


def _colours(theme: dict[str, str]) -> str:
    return "".join(f"--{name}:{colour};" for name, colour in theme.items())


#: The theme of the element around the drawing (``data-theme``) wins over the system's.
COLOURS = f"""
.playertrack-timeline{{{_colours(_LIGHT)}}}
@media (prefers-color-scheme:dark){{
:root:not([data-theme=light]) body:not([data-theme=light]) .playertrack-timeline,
svg.playertrack-timeline:root{{{_colours(_DARK)}}}
}}
[data-theme=dark] .playertrack-timeline{{{_colours(_DARK)}}}
"""

_SHAPES = """
.playertrack-timeline text{font:10px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;
fill:var(--ink)}
.playertrack-timeline .paper{fill:var(--paper)}
.playertrack-timeline .title{font:600 13px system-ui,sans-serif}
.playertrack-timeline .facts,.playertrack-timeline .note{font:12px system-ui,sans-serif;
fill:var(--faint)}
.playertrack-timeline .tick{fill:var(--faint)}
.playertrack-timeline .legend .tick{font:11px system-ui,sans-serif}
.playertrack-timeline .grid{stroke:var(--grid)}
.playertrack-timeline .frame{fill:none;stroke:var(--grid)}
.playertrack-timeline .stroke{fill:none;stroke-width:2;stroke-linejoin:round;
vector-effect:non-scaling-stroke}
.playertrack-timeline .played{stroke:var(--play)}
.playertrack-timeline .jumped{stroke:var(--seek);stroke-width:1.3;stroke-dasharray:4 3}
.playertrack-timeline .still{stroke:var(--end);stroke-width:1.3}
.playertrack-timeline .skimmed{stroke:var(--ad);stroke-dasharray:1.5 2.5}
.playertrack-timeline .shade{opacity:.16}
.playertrack-timeline .shade.PAUSED{opacity:.12}
.playertrack-timeline .band,.playertrack-timeline .shade{fill:var(--unseen)}
.playertrack-timeline .STARTING,.playertrack-timeline .LOADED,.playertrack-timeline .READY{
fill:var(--start)}
.playertrack-timeline .READY,.playertrack-timeline .LOADED{opacity:.45}
.playertrack-timeline .PLAYING,.playertrack-timeline .ENDING{fill:var(--play)}
.playertrack-timeline .STALLING,.playertrack-timeline .BUFFERING,.playertrack-timeline .FAILED{
fill:var(--wait)}
.playertrack-timeline .STALLING{opacity:.5}
.playertrack-timeline .PAUSED,.playertrack-timeline .RESUMING{fill:var(--rest)}
.playertrack-timeline .ENDED{fill:var(--end)}
.playertrack-timeline rect.seek{fill:var(--seek)}
.playertrack-timeline rect.ad{fill:var(--ad)}
.playertrack-timeline .unseen{fill:var(--unseen)}
.playertrack-timeline .seen{fill:var(--play)}
.playertrack-timeline .times2{fill:var(--again)}
.playertrack-timeline .times3,.playertrack-timeline .times4{fill:var(--often)}
.playertrack-timeline .shown{fill:none;stroke:var(--ink);stroke-width:1.5}
.playertrack-timeline .level{stroke:var(--faint);stroke-dasharray:2 4;opacity:.6}
.playertrack-timeline .quartile .dot{fill:var(--paper);stroke:var(--faint);stroke-width:1.5}
.playertrack-timeline .quartile .name{fill:var(--faint)}
.playertrack-timeline .fired .dot{fill:var(--play);stroke:var(--play)}
.playertrack-timeline .fired .name{fill:var(--ink)}
.playertrack-timeline .reached{fill:var(--paper);stroke:var(--play);stroke-width:2}
.playertrack-timeline .event{--hue:var(--faint)}
.playertrack-timeline .life,.playertrack-timeline .progress{--hue:var(--play)}
.playertrack-timeline .event.seek{--hue:var(--seek)}
.playertrack-timeline .wait,.playertrack-timeline .error{--hue:var(--wait)}
.playertrack-timeline .event .name{fill:var(--hue)}
.playertrack-timeline .mark{stroke:var(--hue);stroke-width:2}
.playertrack-timeline .leader{stroke:var(--hue);opacity:.45}
.playertrack-timeline .view .mark{opacity:.5;stroke-width:1}
.playertrack-timeline .event:hover .name{font-weight:700}
"""

#: What a page has around its drawings.
PAGE = """
html,body{margin:0}
.playertrack-timeline{min-height:100vh;background:var(--paper);color:var(--ink);
font:14px/1.4 system-ui,sans-serif;box-sizing:border-box;padding:12px 20px 40px}
.playertrack-timeline header{display:flex;align-items:center;gap:16px;max-width:1400px}
.playertrack-timeline h1{font-size:18px;margin:0;flex:1;overflow-wrap:anywhere}
.playertrack-timeline button{font:inherit;color:var(--ink);background:var(--unseen);
border:1px solid var(--grid);border-radius:6px;padding:1px 9px;cursor:pointer}
.playertrack-timeline p{margin:4px 0}
.playertrack-timeline section{max-width:1400px;border-top:1px solid var(--grid);
padding-top:8px;margin-top:8px;position:relative}
.playertrack-timeline .zooming{float:right;margin-left:12px}
.playertrack-timeline .zooming[hidden]{display:none}
.playertrack-timeline .drawing{overflow-x:auto;clear:both}
.playertrack-timeline .drawing>svg{display:block;width:100%;min-width:860px;height:auto}
.playertrack-timeline .plot,.playertrack-timeline .events{cursor:grab}
.playertrack-timeline summary{cursor:pointer;color:var(--faint)}
.playertrack-timeline ol{font-size:13px;columns:28em;padding-left:3.5em}
.playertrack-timeline li{break-inside:avoid;margin-bottom:6px;overflow-wrap:anywhere}
.playertrack-timeline #tip{position:fixed;left:0;top:0;max-width:520px;pointer-events:none;
background:var(--ink);color:var(--paper);border-radius:6px;padding:6px 10px;
white-space:pre-wrap;overflow-wrap:anywhere;font-size:13px;z-index:9}
.playertrack-timeline #tip[hidden]{display:none}
"""

#: What a drawing needs to be looked at.
STYLE = COLOURS + _SHAPES
