"""The colours of a timeline, light and dark.

Each colour stands for one thing. They differ in lightness as well as in hue (after Okabe and
Ito), so that the colour-blind can distinguish them, and what is written in them has a contrast
of at least 4.5 to 1 on the paper and on the shade of a chosen row (WCAG AA).
"""

from __future__ import annotations

_LIGHT = {
    "paper": "#ffffff",
    "ink": "#1f2430",
    "faint": "#565f6e",
    "grid": "#e2e6ec",
    "play": "#0063a6",
    "again": "#00335c",
    "often": "#7a3b99",
    "fired": "#00694f",
    "seek": "#83318f",
    "wait": "#a84300",
    "error": "#b8002e",
    "rest": "#a3adba",
    "start": "#e8c24a",
    "end": "#5d6675",
    "ad": "#6f6600",
    "unseen": "#edf0f4",
}
_DARK = {
    "paper": "#14171d",
    "ink": "#e6e9ef",
    "faint": "#a3adba",
    "grid": "#2a303b",
    "play": "#59b4f5",
    "again": "#b5dfff",
    "often": "#cf9be8",
    "fired": "#3fcfa4",
    "seek": "#dc9be6",
    "wait": "#f59545",
    "error": "#ff7f96",
    "rest": "#566172",
    "start": "#bd9a2e",
    "end": "#8b96a6",
    "ad": "#cfc23e",
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

#: What is drawn of a session, each rule below ``.playertrack-timeline``.
_SHAPES = """
text{font:10px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;fill:var(--ink)}
.paper{fill:var(--paper)}
.title{font:600 13px system-ui,sans-serif}
.facts,.note,.axis-title{font:12px system-ui,sans-serif;fill:var(--faint)}
.axis-title{font-size:11px}
.tick{fill:var(--faint)}
.legend .tick{font:11px system-ui,sans-serif}
.grid{stroke:var(--grid)}
.frame{fill:none;stroke:var(--grid)}
.stroke{fill:none;stroke-width:2;stroke-linejoin:round;vector-effect:non-scaling-stroke}
.played{stroke:var(--play)}
.jumped{stroke:var(--seek);stroke-width:1.3;stroke-dasharray:4 3}
.still{stroke:var(--end);stroke-width:1.3}
.skimmed{stroke:var(--ad);stroke-dasharray:1.5 2.5}
.shade{opacity:.16}
.shade.PAUSED{opacity:.14}
.band,.shade{fill:var(--unseen)}
.band{vector-effect:non-scaling-stroke}
.STARTING,.LOADED,.READY{fill:var(--start)}
.READY,.LOADED{opacity:.45}
.PLAYING,.PAUSING{fill:var(--play)}
.STALLING,.BUFFERING{fill:var(--wait);stroke:var(--wait)}
.STALLING{opacity:.5}
.FAILED{fill:var(--error);stroke:var(--error)}
.PAUSED,.RESUMING{fill:var(--rest)}
.ENDED{fill:var(--end)}
rect.seek{fill:var(--seek);stroke:var(--seek);stroke-width:2}
rect.ad{fill:var(--ad);stroke:var(--ad)}
.shade{stroke:none}
.unseen{fill:var(--unseen)}
.seen{fill:var(--play)}
.times2{fill:var(--again)}
.times3,.times4{fill:var(--often)}
.shown{fill:none;stroke:var(--ink);stroke-width:1.5}
.level{stroke:var(--faint);stroke-dasharray:2 4;opacity:.6}
.quartile .dot{fill:var(--paper);stroke:var(--faint);stroke-width:1.5}
.quartile .name{fill:var(--faint)}
.fired .dot{fill:var(--fired);stroke:var(--fired)}
.fired .name{fill:var(--ink)}
.reached{fill:var(--paper);stroke:var(--fired);stroke-width:2}
.update{stroke:var(--rest);fill:none;vector-effect:non-scaling-stroke}
.signal{stroke:var(--ink)}
.event{--hue:var(--faint)}
.event.life{--hue:var(--ink)}
.event.progress{--hue:var(--fired)}
.event.seek{--hue:var(--seek)}
.event.wait{--hue:var(--wait)}
.event.error{--hue:var(--error)}
.event .name{fill:var(--hue)}
.mark{stroke:var(--hue);stroke-width:2}
.leader{stroke:var(--hue);opacity:.45}
.view .mark{opacity:.4;stroke-width:1}
.event:hover .name,.event.here .name{font-weight:700}
.event.here .mark{stroke-width:5}
.cursor{stroke:var(--ink);stroke-dasharray:2 2;pointer-events:none}
.chosen-time{fill:var(--play);opacity:.2;pointer-events:none}
"""


def _below(rules: str) -> str:
    """The rules for what is below ``.playertrack-timeline`` alone."""
    made = []
    for rule in rules.replace("\n", "").split("}")[:-1]:
        selectors, _, body = rule.partition("{")
        each = ",".join(f".playertrack-timeline {one}" for one in selectors.split(","))
        made.append(f"{each}{{{body}}}\n")
    return "".join(made)


#: What a page has around its drawings.
PAGE = (
    """
html,body{margin:0}
.playertrack-timeline{min-height:100vh;background:var(--paper);color:var(--ink);
font:14px/1.4 system-ui,sans-serif;box-sizing:border-box;padding:12px 20px 40px}
"""
    + _below("""
header{display:flex;align-items:center;gap:16px;max-width:1400px}
h1{font-size:18px;margin:0;flex:1;overflow-wrap:anywhere}
h2{font-size:15px;margin:12px 0 4px}
button{font:inherit;color:var(--ink);background:var(--unseen);border:1px solid var(--rest);
border-radius:6px;padding:1px 9px;cursor:pointer}
p{margin:4px 0}
section{max-width:1400px;border-top:1px solid var(--grid);padding-top:8px;margin-top:8px}
.phone{display:none}
.beside{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,560px),1fr));gap:0 24px}
pre{white-space:pre-wrap;overflow-wrap:anywhere}
summary{cursor:pointer;color:var(--faint)}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:3px 10px 3px 0;border-bottom:1px solid var(--grid);
overflow-wrap:anywhere}
th{font-size:12px;color:var(--faint)}
td.event,th{white-space:nowrap}
.aloud{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
td.time,td.position{white-space:nowrap;font-variant-numeric:tabular-nums}
a{color:var(--play)}
dt{font-family:ui-monospace,monospace;font-size:12px;color:var(--faint)}
dd{margin:0 0 4px;overflow-wrap:anywhere}
""")
    + """
@media (max-width:700px){
.playertrack-timeline{padding:10px 8px 30px}
.playertrack-timeline .wide{display:none}
.playertrack-timeline .phone{display:block}
.playertrack-timeline thead{position:absolute;width:1px;height:1px;overflow:hidden;
clip-path:inset(50%)}
.playertrack-timeline tr{display:flex;flex-wrap:wrap;gap:0 12px;padding:4px 0;
border-bottom:1px solid var(--grid)}
.playertrack-timeline td{border:0;padding:0;min-width:0}
.playertrack-timeline td.why,.playertrack-timeline td.more{flex:1 1 100%}
.playertrack-timeline td:empty{display:none}
}
"""
)

#: The tools of a drawing on a page: zoom, export, what is said on hovering.
TOOLS = _below("""
.zooming{display:flex;flex-wrap:wrap;gap:4px;justify-content:flex-end}
.zooming[hidden]{display:none}
.drawing{clear:both}
.drawing>svg{display:block;width:100%;height:auto}
.drawing .plot,.drawing .events{cursor:crosshair;touch-action:pan-y}
#tip{position:fixed;left:0;top:0;max-width:min(520px,90vw);pointer-events:none;
background:var(--ink);color:var(--paper);border-radius:6px;padding:6px 10px;
white-space:pre-wrap;overflow-wrap:anywhere;font-size:13px;z-index:9}
#tip[hidden]{display:none}
""")

#: What a drawing needs to be looked at.
STYLE = COLOURS + _below(_SHAPES)
