"""``playertrack collector`` and ``playertrack report``, as programs."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from async_tests import in_loop

from playertrack.collector import Collector

ROOT = Path(__file__).parents[2]


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "playertrack", *words]


@contextmanager
def running(*words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The collector in a process, and its address."""
    process = subprocess.Popen(
        command("collector", "--port", "0", *words),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        first, second = process.stderr.readline(), process.stderr.readline()
        assert first.startswith("KALTURA_SERVICE_URL=")
        yield process, second.strip().partition("=")[2]
    finally:
        process.kill()
        process.communicate()


def send(url: str, event_type: int, session: str = "s", at: float = 1790000000) -> int:
    fields = {
        "format": "1",
        "ks": "the-ks",
        "event[partnerId]": "102",
        "event[entryId]": "1_abc",
        "event[eventType]": str(event_type),
        "event[sessionId]": session,
        "event[eventTimestamp]": str(at),
    }
    try:
        with urllib.request.urlopen(
            f"{url}/api_v3/service/stats/action/collect", urlencode(fields).encode(), timeout=30
        ) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_it_ends_when_enough_events_came() -> None:
    with running("--events", "2") as (process, url):
        assert send(url, 2) == send(url, 3) == 200
        out, err = process.communicate(timeout=30)
        assert process.returncode == 0
        assert [line.split()[2] for line in out.splitlines()] == ["MEDIA_LOADED", "PLAY"]
        assert all(line.endswith("good") for line in out.splitlines())
        assert "2 events accepted, 2 good, 0 bad" in err
        assert "stats s  1_abc: MEDIA_LOADED, PLAY" in err
        assert "the-ks" not in out + err


def test_its_exit_code_says_that_something_was_wrong() -> None:
    with running("--events", "1", "--json") as (process, url):
        send(url, 3)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 1
        record = json.loads(out)
        assert record["findings"] == ["PLAY before MEDIA_LOADED"]
        assert "BAD: PLAY before MEDIA_LOADED" in err
        assert "the-ks" not in out


@pytest.mark.parametrize(("words", "code"), [((), 1), (("--undated",), 0)])
def test_an_event_of_a_clock_that_was_not_set_is_wrong(words: tuple[str, ...], code: int) -> None:
    with running("--events", "1", *words) as (process, url):
        send(url, 2, at=75.0)
        _, err = process.communicate(timeout=30)
        assert process.returncode == code
        assert ("eventTimestamp 75 is before 2025" in err) == bool(code)


def test_its_exit_code_says_that_too_few_came() -> None:
    done = subprocess.run(
        command("collector", "--port", "0", "--events", "1", "--timeout", "0"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_on_a_signal(number: int) -> None:
    with running() as (process, url):
        send(url, 2)
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 0
        assert "1 events accepted" in err


def test_faults_from_the_start() -> None:
    with running("--fault", "status,status=503,times=1", "--events", "1") as (process, url):
        assert (send(url, 2), send(url, 2)) == (503, 200)
        out, _ = process.communicate(timeout=30)
        assert "HTTP 503" in out.splitlines()[0]


@pytest.mark.parametrize(
    "words",
    [("--fault", "fire"), ("--fault", "status,status=42"), ("--port", "70000"), ("--port", "x")],
)
def test_wrong_use_is_reported(words: tuple[str, ...]) -> None:
    done = subprocess.run(
        command("collector", *words),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr


# ---------------------------------------------------------------------------------- report


async def report(
    collector: Collector | None, *words: str, ks: str = "the-ks"
) -> tuple[int, str, str]:
    url = "http://127.0.0.1:9/api_v3" if collector is None else collector.service_url
    process = await asyncio.create_subprocess_exec(
        *command("report", *words),
        cwd=ROOT,
        env={**os.environ, "KALTURA_SERVICE_URL": url, "KALTURA_KS": ks},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


TIMES = ("--from", "2026-09-21", "--to", "1790001000")


@in_loop
async def test_report_prints_rows() -> None:
    async with Collector() as collector:
        for event_type, session in ((2, "a"), (3, "a"), (2, "b"), (3, "b")):
            await asyncio.to_thread(send, collector.analytics_url, event_type, session)
        code, out, err = await report(collector, *TIMES)
        assert (code, err) == (0, "1 row\n")
        header, row = out.splitlines()
        assert header.split()[:3] == ["object_id", "entry_name", "count_plays"]
        assert row.split()[:3] == ["1_abc", "1_abc", "2"]
        code, out, _ = await report(collector, *TIMES, "--json", "--delimiter", ",")
        assert json.loads(out)["count_plays"] == "2"
        code, out, err = await report(collector, *TIMES, "--entry-id", "1_other")
        assert (code, out, err) == (0, "", "no rows\n")


@in_loop
async def test_report_says_why_there_is_none() -> None:
    async with Collector() as collector:
        collector.fault("invalid_ks", endpoint="report")
        code, out, err = await report(collector, *TIMES, ks="short-ks")
        assert (code, out) == (2, "")
        assert "INVALID_KS" in err
        assert "short-ks" not in err
    code, _, err = await report(None)
    assert code == 2
    assert "report.getTable" in err
    code, _, err = await report(None, ks="")
    assert (code, "KALTURA_KS" in err) == (2, True)
    code, _, err = await report(None, "--from", "yesterday")
    assert (code, "Traceback" in err) == (2, False)
