"""The example of the guide, in a package of its own, found by its entry point."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from fault_server import Received, Server, ok

from playertrack.cli import main
from playertrack.events import Event
from playertrack.outbox import look
from playertrack.sinks import SinkError, open_sink

PAGE = (Path(__file__).parents[2] / "docs" / "destinations.md").read_text("utf-8")

#: The code of the guide, and its entry point.
_, CODE = re.split(r"^## Write a destination$", PAGE, flags=re.MULTILINE)
EXAMPLE = re.findall(r"^```python\n(.*?)^```$", CODE, re.MULTILINE | re.DOTALL)[0]
ENTRY = re.findall(r"^```toml\n(.*?)^```$", CODE, re.MULTILINE | re.DOTALL)[0]


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lay the package out as pip would."""
    found = re.fullmatch(r'\[project.entry-points."(.*)"\]\n(\w+) = "(\w+)\.(\w+):(\w+)"\n', ENTRY)
    assert found is not None
    group, name, package, module, cls = found.groups()
    site = tmp_path / "site"
    (site / package).mkdir(parents=True)
    (site / package / "__init__.py").touch()
    (site / package / f"{module}.py").write_text(EXAMPLE)
    info = site / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {package}.{module}:{cls}\n")
    monkeypatch.syspath_prepend(site)


def test_the_example_is_short() -> None:
    assert len(EXAMPLE.splitlines()) < 40


def events() -> list[Event]:
    names = ("MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "VIEW", "PLAY_REACHED_25")
    return [
        Event(name, at=float(n), session="s", index=n, entry_id="1_abc")
        for n, name in enumerate(names, 1)
    ]


def test_it_delivers_what_it_takes_with_its_key(tmp_path: Path) -> None:
    with Server(lambda request: ok("{}")) as server:
        sink = open_sink(f"scores:{server.base}", queue=tmp_path / "queue", token="the-key")
        for event in events():
            sink.emit(event)
        assert sink.close(20.0)
        [request] = server.received
        assert request.target.endswith("/scores")
        assert request.headers["x-api-key"] == "the-key"
        assert [each["what"] for each in json.loads(request.body)["scores"]] == [
            *("PLAY_REQUEST", "PLAY", "PLAY_REACHED_25")
        ]


@pytest.mark.parametrize(
    "url", ["https://me:word@example.com", "https://example.com?access_token=word"]
)
def test_a_secret_in_its_address_is_refused_and_stored_nowhere(url: str, tmp_path: Path) -> None:
    queue = tmp_path / "queue"
    with pytest.raises(SinkError, match="scores: its URL contains a secret"):
        open_sink(f"scores:{url}", queue=queue)
    assert not queue.exists()


def test_what_waits_is_flushed_by_its_name_and_the_guilty_are_found(tmp_path: Path) -> None:
    def answer(request: Received) -> bytes:
        bad = b"PLAY_REQUEST" in request.body
        return ok("", "422 Unprocessable Entity") if bad else ok("{}")

    queue = tmp_path / "queue"
    with Server(answer) as server:
        server.shut()
        sink = open_sink(f"scores:{server.base}", queue=queue)
        for event in events():
            sink.emit(event)
        assert not sink.close(0.2)
        server.listen()
        assert main(["queue", "flush", str(queue)]) == 0
        [standing] = look(queue).standings
        assert standing.name == f"scores:{server.base}"
    assert (standing.counts.delivered, standing.counts.rejected) == (2, 1)
