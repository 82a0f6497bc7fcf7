"""Drawings made when the documentation is built, by the code that it documents.

``{timeline} NAME`` draws a scenario of ``tests/core/rules`` or a case of ``tests/cases``; without a
name, the scenario that is its content, with the ``policy`` of that option. ``mermaid`` blocks
are drawn as the state machine: its usual ways, and the table of all of them.
"""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import flow
import scenarios
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from playertrack import Policy
from playertrack.signals import Signal
from playertrack.timeline import observe, to_svg
from playertrack.trace.codec import encode_signal
from playertrack.trace.conformance import load_cases

ROOT = Path(__file__).parents[2]
WIDTH = 820.0

#: What there is to draw: the signals as they are written, and what they are.
Example = tuple[list[str], list[tuple[str | None, Signal]], Policy]


@cache
def examples() -> dict[str, Example]:
    """Every scenario and case by its name."""
    found: dict[str, Example] = {}
    for case in load_cases(ROOT / "tests" / "cases"):
        lines = [encode_signal(signal, player).decode() for player, signal in case.signals]
        found[case.id] = (lines, list(case.signals), case.policy)
    for scenario in scenarios.load():
        found[scenario.id] = example(scenario)
    return found


def example(scenario: scenarios.Scenario) -> Example:
    lines = [step.line for step in scenario.steps if step.known is None]
    signals: list[tuple[str | None, Signal]] = [(None, signal) for signal in scenario.signals]
    return lines, signals, scenario.policy


class TimelineDirective(SphinxDirective):
    """``{timeline}``: see this module."""

    has_content = True
    optional_arguments = 1
    option_spec = {"policy": directives.unchanged}  # noqa: RUF012 - as docutils wants it

    def run(self) -> list[nodes.Node]:
        if self.content:
            head = f"[shown] {{{self.options.get('policy', '')}}}"
            [scenario] = scenarios.parse("\n".join((head, *self.content)))
            lines, signals, policy = example(scenario)
        elif self.arguments[0] in examples():
            lines, signals, policy = examples()[self.arguments[0]]
        else:
            raise self.error(f"there is no scenario and no case {self.arguments[0]}")
        timeline = observe(enumerate(signals, 1), policy)
        html = (
            f'<div class="drawn">{to_svg(timeline, WIDTH)}'
            f"<details><summary>the signals</summary><pre>{escape(_listed(lines, policy))}</pre>"
            "</details></div>"
        )
        return [nodes.raw("", html, format="html")]


def _listed(lines: list[str], policy: Policy) -> str:
    changes = {key: value for key, value in policy.changes().items() if key != "view_interval"}
    head = [f"# policy: {changes}"] if changes else []
    return "\n".join((*head, *lines))


class MermaidDirective(SphinxDirective):
    """A Mermaid block: the machine, drawn without anything from the network."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        return [nodes.raw("", flow.drawing() + flow.table(), format="html")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_directive("timeline", TimelineDirective)
    app.add_directive("mermaid", MermaidDirective)
    return {"parallel_read_safe": True}
