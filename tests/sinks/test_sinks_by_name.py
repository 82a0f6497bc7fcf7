"""How sinks are found by their names."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib.metadata import EntryPoints
from pathlib import Path

import pytest
from sinking import PAUSE, numbered

from playertrack.destinations.sink import DeliverySink
from playertrack.sinks import (
    ConsoleSink,
    FanoutSink,
    JsonlSink,
    MemorySink,
    NullSink,
    Sink,
    SinkError,
    is_destination,
    open_sink,
)


@pytest.mark.parametrize(
    ("spec", "cls"),
    [
        ("console", ConsoleSink),
        ("fanout:null,console:stdout", FanoutSink),
        ("jsonl:events.jsonl", JsonlSink),
        ("memory", MemorySink),
        ("memory:0", MemorySink),
        ("null", NullSink),
    ],
)
def test_sink_is_opened_by_its_name(
    spec: str, cls: type[Sink], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sink = open_sink(spec)
    assert type(sink) is cls
    sink.emit(PAUSE)
    assert sink.close(1.0)


def test_argument_may_have_colons(tmp_path: Path) -> None:
    sink = open_sink(f"jsonl:{tmp_path}/a:b")
    sink.close(1.0)
    assert (tmp_path / "a:b").exists()


def test_fanout_and_memory_take_their_arguments() -> None:
    fanout = open_sink("fanout:null,memory:2")
    assert isinstance(fanout, FanoutSink)
    null, memory = fanout.sinks
    assert isinstance(null, NullSink)
    assert isinstance(memory, MemorySink)
    for event in numbered(3):
        fanout.emit(event)
    assert memory.events == numbered(3)[1:]


def test_a_url_alone_is_for_http() -> None:
    sink = open_sink("http://127.0.0.1:9/events")
    assert isinstance(sink, DeliverySink)
    assert sink.name == "http:http://127.0.0.1:9/events"
    assert sink.close(1.0)
    assert is_destination("https://example.com/events")
    with pytest.raises(SinkError, match="http to another machine: allow_http of DeliverySettings"):
        open_sink("http://192.0.2.1/events")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("jsonl", "needs a file"),
        ("null:x", "no argument, not 'x'"),
        ("memory:many", "number of events to keep, not 'many'"),
        ("memory:-1", "number of events to keep, not '-1'"),
        ("memory:" + "9" * 30, "number of events to keep"),
        ("console:file", "stderr or stdout, not 'file'"),
        ("fanout:", "there is no sink ''"),
        (
            "kafka:x",
            "no sink 'kafka'; did you mean kava.; known are .*console, .*jsonl, .*memory, .*stats",
        ),
        ("", "there is no sink ''; known are"),
    ],
)
def test_sink_that_cannot_be_opened_is_refused_with_the_cure(spec: str, message: str) -> None:
    with pytest.raises(SinkError, match=message):
        open_sink(spec)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Installs a package with an entry point of ours, as pip would lay it out."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(name: str, target: str) -> None:
        info = tmp_path / "otherpeople-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: otherpeople\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[playertrack.sinks]\n{name} = {target}\n")
        (tmp_path / "otherpeople.py").write_text(
            "from playertrack.sinks import MemorySink\n"
            "class Theirs(MemorySink):\n"
            "    @classmethod\n"
            "    def open(cls, argument):\n"
            "        sink = cls()\n"
            "        sink.argument = argument\n"
            "        return sink\n"
        )

    return install


def test_sink_of_another_package_is_found(install: Callable[[str, str], None]) -> None:
    install("theirs", "otherpeople:Theirs.open")
    sink = open_sink("theirs:a:b")
    assert type(sink).__name__ == "Theirs"
    assert vars(sink)["argument"] == "a:b"


def test_sink_of_another_package_is_among_the_known(install: Callable[[str, str], None]) -> None:
    install("theirs", "otherpeople:Theirs.open")
    with pytest.raises(SinkError, match=r"known are .*theirs"):
        open_sink("others")


def test_sink_of_another_package_that_does_not_load_is_named(
    install: Callable[[str, str], None],
) -> None:
    install("theirs", "no_such_module:Theirs.open")
    with pytest.raises(SinkError, match=r"theirs cannot be loaded: .*no_such_module"):
        open_sink("theirs")


def test_own_sinks_are_found_without_searching_the_installed_packages() -> None:
    code = (
        "import sys; from playertrack.sinks import open_sink; was = set(sys.modules)\n"
        "open_sink('null'); open_sink('memory')\n"
        "assert not [name for name in sys.modules.keys() - was if 'metadata' in name]"
    )
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=True)


def test_sinks_of_ours_are_entry_points_too(monkeypatch: pytest.MonkeyPatch) -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    groups = project["project"]["entry-points"]
    listed = {*groups["playertrack.sinks"], *groups["playertrack.destinations"]}
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: EntryPoints())
    with pytest.raises(SinkError) as raised:
        open_sink("none-of-them")
    assert set(str(raised.value).rpartition("known are ")[2].split(", ")) == listed
