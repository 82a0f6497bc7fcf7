"""``play`` and ``derive`` with the sinks that deliver to Kaltura, against the collector."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest
from async_tests import in_loop

from playertrack.cli import main
from playertrack.collector import Collector
from playertrack.testing.clips import make_clip

TRACE = [
    {"signal": "ready", "at": 1700000000.0},
    {"signal": "loaded", "at": 1700000000.5, "entry_id": "1_abc", "duration": 40.0},
    {"signal": "play", "at": 1700000001.0},
    {"signal": "playing", "at": 1700000001.5},
    {"signal": "timeupdate", "at": 1700000012.5, "position": 11.0},
    {"signal": "seek", "at": 1700000013.0, "position": 30.5},
    {"signal": "pause", "at": 1700000015.0, "position": 32.5},
]
STATS = ["WIDGET_LOADED", "MEDIA_LOADED", "PLAY", "PLAY_REACHED_25", "SEEK"]
KAVA = ["MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "VIEW", "PLAY_REACHED_25", "VIEW", "SEEK", "PAUSE"]
NOBODY = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in tuple(os.environ):
        if name.startswith("KALTURA_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("KALTURA_PARTNER_ID", "102")
    monkeypatch.setenv("KALTURA_KS", "a-planted-ks")
    monkeypatch.setenv("KALTURA_REFERRER", "kiosk://device-001")
    deliver_to(monkeypatch, NOBODY)


def deliver_to(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("KALTURA_SERVICE_URL", f"{address}/api_v3")
    monkeypatch.setenv("KALTURA_ANALYTICS_URL", address)


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "trace.jsonl"
    path.write_text("".join(json.dumps(signal) + "\n" for signal in TRACE))
    return path


def came(collector: Collector, endpoint: str) -> list[str | None]:
    return [each.event for each in collector.received if each.endpoint == endpoint]


def waiting(directory: Path, capsys: pytest.CaptureFixture[str]) -> list[int]:
    """How many events wait for each destination."""
    capsys.readouterr()
    main(["queue", "status", str(directory), "--json"])
    return [json.loads(line)["pending"] for line in capsys.readouterr().out.splitlines()]


@in_loop
async def test_derive_delivers_to_both_services(
    trace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Collector() as collector:
        deliver_to(monkeypatch, collector.analytics_url)
        sinks = ["--sink", "stats", "--sink", "kava", "--queue", str(tmp_path / "queue")]
        arguments = ["derive", str(trace), "-o", str(tmp_path / "events"), *sinks]
        assert await asyncio.to_thread(main, arguments) == 0
        assert came(collector, "stats") == STATS
        assert came(collector, "kava") == KAVA
        assert collector.bad == []
        assert {each.fields["referrer"] for each in collector.received} == {"kiosk://device-001"}
        assert {each.ks for each in collector.received} == {"a-planted-ks"}
        assert {each.entry_id for each in collector.received} == {"1_abc"}


@in_loop
async def test_the_environment_says_what_the_requests_look_like(
    trace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KALTURA_WIRE_PROFILE", "legacy")
    arguments = ["derive", str(trace), "-o", str(tmp_path / "events"), "--sink", "stats"]
    async with Collector() as collector:
        deliver_to(monkeypatch, collector.analytics_url)
        assert await asyncio.to_thread(main, arguments) == 0
        assert came(collector, "stats") == STATS
        assert {each.fields["uiconfId"] for each in collector.received} == {"0"}
        assert collector.received[0].fields["eventTimestamp"] == "1700000000000"


@pytest.mark.parametrize("sink", ["stats", "kava"])
def test_an_unknown_wire_profile_is_reported(
    sink: str, trace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KALTURA_WIRE_PROFILE", "v8")
    assert main(["derive", str(trace), "--sink", sink]) == 2
    said = "KALTURA_WIRE_PROFILE: 'v8' is none of guide, legacy, player_v7"
    assert said in capsys.readouterr().err


@in_loop
async def test_play_delivers_under_the_entry_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", 4.0)
    monkeypatch.setenv("KALTURA_ENTRY_ID", "1_video")
    async with Collector() as collector:
        deliver_to(monkeypatch, collector.analytics_url)
        arguments = ["play", str(clip), "--speed", "inf", "--sink", "stats", "--sink", "kava"]
        assert await asyncio.to_thread(main, arguments) == 0
        counted = Counter(each.event for each in collector.good)
        assert collector.bad == []
        assert {each.entry_id for each in collector.received} == {"1_video"}
    assert [counted[f"PLAY_REACHED_{quartile}"] for quartile in (25, 50, 75, 100)] == [2] * 4
    assert (counted["WIDGET_LOADED"], counted["MEDIA_LOADED"], counted["PLAY_REQUEST"]) == (1, 2, 1)


@in_loop
async def test_undelivered_events_are_reported_and_sent_later(
    trace: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    queue = tmp_path / "a queue"
    sinks = ["--sink", "stats", "--sink", "kava", "--queue", str(queue), "--deliver-timeout", "0.9"]
    arguments = ["derive", str(trace), "-o", str(tmp_path / "events"), *sinks]
    assert await asyncio.to_thread(main, arguments) == 3
    said = capsys.readouterr().err
    assert "not everything was delivered" in said
    cure = f"to send what is in the queue: playertrack queue flush '{queue}'"
    delivered, left = said.split("not everything was delivered\n")
    assert sorted(line[:33].rstrip(" (:") for line in left.splitlines()) == [
        "kava: 8 events are not delivered",
        "stats: 5 events are not delivered",
    ]
    assert all(line.endswith(cure) for line in left.splitlines())
    assert sorted(delivered.splitlines()) == [
        f"kava: no events delivered to {NOBODY}",
        f"stats: no events delivered to {NOBODY}/api_v3",
    ]
    assert waiting(queue, capsys) == [8, 5]
    assert b"a-planted-ks" not in b"".join(path.read_bytes() for path in queue.iterdir())
    async with Collector() as collector:
        deliver_to(monkeypatch, collector.analytics_url)
        flush_it = ["queue", "flush", str(queue), "--deliver-timeout", "20"]
        assert await asyncio.to_thread(main, flush_it) == 0
        assert came(collector, "stats") == STATS
        assert came(collector, "kava") == KAVA
        assert collector.bad == []
    assert waiting(queue, capsys) == [0, 0]


def test_without_a_queue_what_is_left_is_lost_and_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", 1.0)
    arguments = ["play", str(clip), "--speed", "inf", "--sink", "stats", "--deliver-timeout", "0.9"]
    assert main(arguments) == 3
    said = capsys.readouterr().err
    assert "events are not delivered" in said
    assert "they are in memory, and lost at the end; a queue directory would keep them" in said
    assert "Traceback" not in said


@in_loop
async def test_rejected_events_are_reported(
    trace: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    queue = tmp_path / "queue"
    arguments = ["derive", str(trace), "-o", str(tmp_path / "events")]
    arguments += ["--sink", "stats", "--queue", str(queue)]
    async with Collector() as collector:
        deliver_to(monkeypatch, collector.analytics_url)
        collector.fault("status", status=400, times=2, after=1)
        assert await asyncio.to_thread(main, arguments) == 3
        said = capsys.readouterr().err
        assert f"stats: 2 events refused; why: playertrack queue dead {queue}" in said
        assert came(collector, "stats") == STATS
        # They are reported once: another run has nothing to do with them.
        assert await asyncio.to_thread(main, arguments) == 0


@in_loop
async def test_a_view_of_a_back_end_is_reported_by_the_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    view = ["report-view", "--entry-id", "1_abc", "--duration", "100", "--watched", "0-60,80-100"]
    view += ["--at", "2023-11-14T22:13:20Z", "--sink", "stats", "--queue", str(tmp_path / "queue")]
    async with Collector() as collector:
        deliver_to(monkeypatch, collector.analytics_url)
        assert await asyncio.to_thread(main, view) == 0
        assert collector.bad == []
        sent = [(each.event, each.fields["eventTimestamp"]) for each in collector.received]
    assert sent == [
        ("WIDGET_LOADED", "1700000000"),
        ("MEDIA_LOADED", "1700000000"),
        ("PLAY", "1700000000"),
        ("PLAY_REACHED_25", "1700000025"),
        ("PLAY_REACHED_50", "1700000050"),
        ("SEEK", "1700000060"),
        ("PLAY_REACHED_100", "1700000080"),
    ]
    said = capsys.readouterr()
    assert "PLAY_REACHED_50     at  50.000 s" in said.out
    assert re.fullmatch(r"stats: 7 events delivered to http://127\S+/api_v3\n", said.err)
    deliver_to(monkeypatch, NOBODY)
    assert await asyncio.to_thread(main, [*view, "--deliver-timeout", "0.9"]) == 3
    assert "stats: 7 events are not delivered" in capsys.readouterr().err


def test_a_view_without_a_sink_is_only_shown(capsys: pytest.CaptureFixture[str]) -> None:
    view = ["report-view", "--entry-id", "1_abc", "--duration", "8", "--watched", "0-8", "--json"]
    assert main(view) == 0
    said = capsys.readouterr()
    events = [json.loads(line) for line in said.out.splitlines()]
    assert [each["event"] for each in events][-2:] == ["PLAY_REACHED_75", "PLAY_REACHED_100"]
    assert said.err == "nothing was sent: --sink stats or --sink kava reports it\n"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"--watched": "60"}, "--watched: '60' is not allowed; expected A-B in seconds, as in"),
        ({"--watched": "0-120"}, "expected no more than the duration, which is 100.0"),
        ({"--duration": "0"}, "--duration: 0.0 is not allowed; expected seconds, above 0"),
        ({"--entry-id": ""}, "--entry-id: '' is not allowed; expected a string that is not empty"),
        ({"--at": "noon"}, "'noon' is not a time; expected Unix seconds or ISO 8601"),
    ],
)
def test_a_view_that_cannot_be_names_the_option_and_the_cure(
    changes: dict[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {"--entry-id": "1_abc", "--duration": "100", "--watched": "0-60"} | changes
    assert main(["report-view", *(word for option in options.items() for word in option)]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--queue", "somewhere"], "--queue: no sink needs one; add one that delivers"),
        (["--sink", "stats", "--queue", __file__], f"--queue: {__file__} is a file; a queue is a"),
        (["--deliver-timeout", "nan"], "'nan' is not a number of seconds"),
        (["--deliver-timeout", "soon"], "'soon' is not a number of seconds"),
    ],
)
def test_wrong_use_is_reported(
    options: list[str], said: str, trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["derive", str(trace), *options]) == 2
    assert said in capsys.readouterr().err
