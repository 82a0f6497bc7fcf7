"""`playertrack view` as a script meets it: the address, the page, its filters, the end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import attrs
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from playertrack.testing import ScriptedPlayer
from playertrack.trace.codec import encode_signal

#: The columns of the signals that are played here.
TRACE_COLUMNS = pa.schema(
    [
        *(("signal", pa.string()), ("at", pa.float64()), ("player", pa.string())),
        *(("entry_id", pa.string()), ("duration", pa.float64()), ("position", pa.float64())),
        *(("code", pa.string()), ("fatal", pa.bool_()), ("message", pa.string())),
    ]
)
HOSTILE = "</script><script>window.hacked = 1</script>"


def write(path: Path, players: dict[str | None, ScriptedPlayer]) -> Path:
    """A trace of what the players signalled, one after the other."""
    with path.open("wb") as file:
        for player, script in players.items():
            for each in script.signals:
                file.write(encode_signal(each, player) + b"\n")
    return path


def watched(entry_id: str, seconds: float = 60.0, at: float = 1_700_000_000.0) -> ScriptedPlayer:
    """A player that watched so much of a minute of media."""
    return ScriptedPlayer(60.0, entry_id=entry_id, start=at).load().play().watch(seconds)


@contextmanager
def viewing(*arguments: str | Path) -> Iterator[str]:
    """The command, running; its address. It ends by Ctrl-C, with exit code 0."""
    with subprocess.Popen(
        [sys.executable, "-m", "playertrack", "view", "--no-browser", *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            address = process.stdout.readline().strip()
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
            yield address
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
            assert process.stdout.read() == ""
        finally:
            process.kill()


def get(address: str, path: str = "", **fields: str) -> str:
    with urlopen(f"{address}{path}?{urlencode(fields)}", timeout=30) as answer:
        text: str = answer.read().decode()
    return text


def sessions(address: str, **fields: str) -> list[str]:
    """The rows that are there, under these filters."""
    return re.findall(r'<tr data-session="([^"]*)"', get(address, **fields))


def derived(trace: Path) -> dict[str, list[str]]:
    """The names of the events by session, as ``derive`` gives them."""
    done = subprocess.run(
        [sys.executable, "-m", "playertrack", "derive", str(trace)],
        capture_output=True,
        check=True,
    )
    found: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        record = json.loads(line)
        found.setdefault(record["session"], []).append(record["event"])
    return found


def three_players(folder: Path) -> Path:
    start = 1_700_000_000.0
    return write(
        folder / "trace.jsonl",
        {
            "tv": watched("1_full", at=start).end(),
            "phone": watched("1_part", 20.0, start + 100).stall(3.0),
            "web": watched(HOSTILE, 5.0, start + 200).error("MEDIA_ERR_DECODE"),
        },
    )


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return three_players(tmp_path)


@attrs.frozen
class Viewed:
    """The command at work for all who only look, and the events that it ought to show."""

    address: str
    events: dict[str, list[str]]


@pytest.fixture(scope="module")
def viewed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Viewed]:
    trace = three_players(tmp_path_factory.mktemp("viewed"))
    with viewing(trace) as address:
        yield Viewed(address, derived(trace))


def test_a_row_a_session_with_the_ids_of_derive_and_its_events_when_chosen(viewed: Viewed) -> None:
    assert sessions(viewed.address) == list(viewed.events)
    for session, names in viewed.events.items():
        panel = get(viewed.address, session=session).partition('<section id="session"')[2]
        assert re.findall(r'data-event="([^"]*)"', panel) == names
        assert '<svg width="' in panel


@pytest.mark.parametrize(
    ("fields", "rows"),
    [
        ({}, [0, 1, 2]),
        ({"player": "tv"}, [0]),
        ({"player": "PHO"}, [1]),
        ({"entry": "1_"}, [0, 1]),
        ({"entry": "<script>"}, [2]),
        ({"text": "1_part"}, [1]),
        ({"from": "1700000100"}, [1, 2]),
        ({"from": "2023-11-14T22:15:00Z"}, [1, 2]),
        ({"to": "2023-11-14T22:15:00"}, [0, 1]),
        ({"from": "1700000050", "to": "1700000150"}, [1]),
        ({"trouble": "stall"}, [1]),
        ({"trouble": "error"}, [2]),
        ({"trouble": "missing quartile"}, [1, 2]),
        ({"trouble": "bad event"}, []),
        ({"trouble": "any", "player": "tv"}, []),
        ({"sort": "-start"}, [2, 1, 0]),
        ({"sort": "watched"}, [2, 1, 0]),
    ],
)
def test_filters_hide_what_does_not_match(
    viewed: Viewed, fields: dict[str, str], rows: list[int]
) -> None:
    ids = list(viewed.events)
    assert sessions(viewed.address, **fields) == [ids[row] for row in rows]


def test_the_policy_says_which_milestones_can_be_missing(tmp_path: Path) -> None:
    trace = write(tmp_path / "trace.jsonl", {"all": watched("1_a"), "half": watched("1_b", 30.0)})
    policy = ["--policy", "milestones=[10,90]"]
    log = tmp_path / "log.jsonl"
    command = [sys.executable, "-m", "playertrack", "derive", str(trace), *policy, "-o", str(log)]
    subprocess.run(command, check=True)
    for path in (trace, log):
        with viewing(path, *policy) as address:
            _, half = sessions(address)
            assert sessions(address, trouble="missing quartile") == [half]
            page = get(address, "view/session", session=half)
            assert "PLAY_REACHED_90" in page and "PLAY_REACHED_50" not in page


def test_a_filter_that_cannot_be_says_so(viewed: Viewed) -> None:
    for text in ("yesterday", "nan"):
        page = get(viewed.address, **{"from": text})
        assert f"from: &#x27;{text}&#x27; is not allowed" in page.replace("'", "&#x27;")


def test_it_answers_this_machine_alone(viewed: Viewed) -> None:
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(viewed.address, headers={"Host": "example.com"}), timeout=30)
    with refused.value as answer:
        assert answer.code == 403
    with urlopen(viewed.address, timeout=30) as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "default-src 'none'" in policy


def test_an_event_log_is_shown_with_what_is_wrong_with_it(trace: Path, tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    subprocess.run(
        [sys.executable, "-m", "playertrack", "derive", str(trace), "-o", str(log)], check=True
    )
    lines = log.read_text().splitlines()
    bad = next(i for i, line in enumerate(lines) if '"PLAY_REACHED_50"' in line)
    log.write_text("\n".join([*lines[: bad + 1], *lines[bad:]]) + "\n")
    expected = derived(trace)
    with viewing(log) as address:
        assert sessions(address) == list(expected)
        found = sessions(address, trouble="bad event")
        assert found == [json.loads(lines[bad])["session"]]
        panel = get(address, "view/session", session=found[0])
        assert panel.count('data-event="PLAY_REACHED_50"') == 2
        assert "I-once" in panel


def test_a_folder_is_shown_file_by_file(trace: Path, tmp_path: Path) -> None:
    (tmp_path / "._trace.jsonl").write_bytes(b"what macOS keeps beside a file\xff")
    (tmp_path / "_temporary").mkdir()
    (tmp_path / "_temporary" / "trace.jsonl").write_bytes(b"what a killed job leaves\xff")
    below = tmp_path / "below"
    below.mkdir()
    other = write(below / "other.jsonl", {None: watched("2_x", at=1_700_001_000.0)})
    with viewing(tmp_path) as address:
        assert sessions(address) == [*derived(trace), *derived(other)]


def test_parquet_is_shown_as_lines_are(trace: Path, tmp_path: Path) -> None:
    columns = tmp_path / "trace.parquet"
    records = [json.loads(line) for line in trace.read_text().splitlines()]
    pq.write_table(pa.Table.from_pylist(records, TRACE_COLUMNS), columns)
    log = tmp_path / "events.parquet"
    subprocess.run(
        [sys.executable, "-m", "playertrack", "derive", str(trace), "-o", str(log)], check=True
    )
    expected = derived(trace)
    for path in (columns, log):
        with viewing(path) as address:
            assert sessions(address) == list(expected)
            assert sessions(address, trouble="error") == list(expected)[2:]
            for session, names in expected.items():
                panel = get(address, "view/session", session=session)
                assert re.findall(r'data-event="([^"]*)"', panel) == names
    with viewing(columns) as address:
        session = next(iter(expected))
        text = get(address, "view/export", session=session, **{"as": "trace"})
        again = [json.loads(line) for line in text.splitlines()]
        assert again == [each for each in records if each["player"] == "tv"]


def test_a_part_of_an_event_log_may_have_no_events(trace: Path, tmp_path: Path) -> None:
    """Spark writes such parts."""
    folder = tmp_path / "events"
    folder.mkdir()
    log = folder / "part-1.parquet"
    subprocess.run(
        [sys.executable, "-m", "playertrack", "derive", str(trace), "-o", str(log)], check=True
    )
    pq.write_table(pq.read_table(log).slice(0, 0), folder / "part-0.parquet")
    with viewing(folder) as address:
        assert sessions(address) == list(derived(trace))


def test_a_line_that_cannot_be_taken_ends_it(trace: Path) -> None:
    with trace.open("a") as file:
        file.write('{"signal": "play", "at": "noon"}\n')
    command = [sys.executable, "-m", "playertrack", "view", "--no-browser", str(trace)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "trace.jsonl:" in done.stderr and "at:" in done.stderr


@pytest.mark.parametrize("kind", ["trace", "case", "pytest", "events"])
def test_a_session_is_copied_so_that_it_gives_the_same_events(
    viewed: Viewed, tmp_path: Path, kind: str
) -> None:
    session, names = list(viewed.events.items())[1]
    text = get(viewed.address, "view/export", session=session, **{"as": kind})
    run = [sys.executable, "-m", "playertrack"]
    if kind == "trace":
        again = tmp_path / "again.jsonl"
        again.write_text(text)
        assert derived(again) == {session: names}
    elif kind == "case":
        case = tmp_path / "case.json"
        case.write_text(text)
        assert [each["event"] for each in json.loads(text)["events"]] == names
        subprocess.run([*run, "check", str(case)], check=True)
    elif kind == "pytest":
        file = tmp_path / "test_again.py"
        file.write_text(text)
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(file)],
            check=True,
            cwd=tmp_path,
            env={**os.environ, "PYTEST_ADDOPTS": ""},
        )
    else:
        assert [json.loads(line)["event"] for line in text.splitlines()] == names
