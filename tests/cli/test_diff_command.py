"""`playertrack diff`: two policies, two versions, over a folder of traces."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyarrow.json import read_json

from playertrack.cli import main
from playertrack.events import to_record
from playertrack.testing import ScriptedPlayer
from playertrack.trace.diff import difference

Capture = pytest.CaptureFixture[str]

#: What an event that differs shows besides.
MEDIA = " entry_id='1_story' duration=20"

ROOT = Path(__file__).parents[2]


@pytest.fixture
def traces(tmp_path: Path) -> Path:
    """A video that is watched with a stall of half a second, and one without."""
    folder = tmp_path / "traces"
    (folder / "living room").mkdir(parents=True)
    play = ScriptedPlayer(20, jitter=0).load().play().watch(8).stall(0.5).end()
    play.write(folder / "living room" / "stalls.jsonl")
    ScriptedPlayer(20, jitter=0).load().play().end().write(folder / "smooth.jsonl")
    (folder / "._smooth.jsonl").write_bytes(b"what macOS keeps beside a file\xff")
    (folder / ".saved").mkdir()
    (folder / ".saved" / "smooth.jsonl").write_bytes(b"what an editor keeps\xff")
    return folder


def diff(*arguments: str | Path) -> int:
    return main(["diff", *map(str, arguments)])


def test_the_same_policy_differs_in_nothing(traces: Path, capsys: Capture) -> None:
    assert diff(traces, "--policy", "settle=1") == 0
    assert capsys.readouterr() == ("", "2 traces, none changed\n")


def test_nothing_to_compare_is_said(traces: Path, capsys: Capture) -> None:
    assert diff(traces) == 2
    nothing = "nothing to compare: give --policy, --against or --save\n"
    assert capsys.readouterr() == ("", nothing)


def test_another_policy_shows_what_it_changes(traces: Path, capsys: Capture) -> None:
    assert diff(traces, "--policy", "stall_grace=1") == 1
    out, err = capsys.readouterr()
    assert err == "2 traces, 1 changed\n"
    assert out.splitlines() == [
        "living room/stalls.jsonl: 3 removed, 1 added",
        "    1      5.100 s  PLAY_REACHED_25 at 5",
        f"  - 1      8.100 s  BUFFER_START at 8{MEDIA}",
        f"  - 1      8.600 s  BUFFER_END at 8 seconds=0.5{MEDIA}",
        "    1     10.600 s  PLAY_REACHED_50 at 10",
        f"  - 1     10.600 s  VIEW at 10 play_time=10 buffer_time=0.5{MEDIA}",
        f"  + 1     10.600 s  VIEW at 10 play_time=10 buffer_time=0{MEDIA}",
        "    1     15.600 s  PLAY_REACHED_75 at 15",
    ]


def test_the_base_is_another_policy_too(traces: Path, capsys: Capture) -> None:
    assert diff(traces, "--base", "stall_grace=1", "--policy", "stall_grace=2") == 0
    assert diff(traces, "--base", "stall_grace=1") == 1
    assert "+ 1      8.100 s  BUFFER_START" in capsys.readouterr().out


def test_one_trace_alone(traces: Path, capsys: Capture) -> None:
    assert diff(traces / "smooth.jsonl", "--policy", "view_interval=null", "--json") == 1
    out, err = capsys.readouterr()
    shown = json.loads(out)
    assert shown["trace"] == "smooth.jsonl" and shown["added"] == []
    assert {record["event"] for record in shown["removed"]} == {"VIEW"}
    assert err == "1 trace, 1 changed\n"


def test_two_versions_meet_through_what_the_first_saved(
    traces: Path, tmp_path: Path, capsys: Capture
) -> None:
    saved = tmp_path / "before"
    assert diff(traces, "--save", saved) == 0
    assert capsys.readouterr().err == "2 traces, saved\n"
    assert diff(traces, "--against", saved) == 0
    log = saved / "living room" / "stalls.jsonl"
    # As if the version before had not reported the end of the stall, with other session ids.
    lines = [line for line in log.read_text().splitlines() if "BUFFER_END" not in line]
    log.write_text("\n".join(lines).replace(json.loads(lines[0])["session"], "other"))
    assert diff(traces, "--against", saved) == 1
    assert "1 removed" not in (out := capsys.readouterr().out)
    assert "0 removed, 1 added" in out
    assert "+ 1      8.600 s  BUFFER_END at 8 seconds=0.5" in out


def test_raw_recordings_can_be_compared(capsys: Capture) -> None:
    recordings = ROOT / "tests" / "traces" / "html5"
    assert diff(recordings, "--raw", "html5", "--policy", "settle=1") == 0
    assert diff(recordings, "--raw", "html5", "--policy", "infer_seeks=false") in (0, 1)
    assert diff(recordings, "--raw", "html5", "--policy", "replay_session=same") == 1
    assert "e_replay_after_end.jsonl" in capsys.readouterr().out


def test_a_bad_line_is_reported_once_and_left_out(traces: Path, capsys: Capture) -> None:
    smooth = traces / "smooth.jsonl"
    smooth.write_text(smooth.read_text() + "no JSON\n")
    same = ("--policy", "settle=1")
    assert diff(traces, *same) == 2
    assert capsys.readouterr().err.startswith(f"{smooth}:")
    assert diff(traces, "--skip-bad", *same) == 1
    out, err = capsys.readouterr()
    shown, summary = err.splitlines()
    assert out == ""
    assert shown.startswith(f"{smooth}:")
    assert summary == "2 traces, none changed, 1 line left out"


def test_the_events_of_a_golden_trace_are_no_trace(traces: Path, capsys: Capture) -> None:
    (traces / "smooth.events.jsonl").write_text('{"event": "PLAY"}\n')
    assert diff(traces, "--policy", "settle=1") == 0
    assert capsys.readouterr().err == "2 traces, none changed\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"event": "PLAY"}', "at: not that of an event"),
        ('{"at": 1}', "event: not that of an event"),
        ("[]", "not an object"),
    ],
)
def test_what_was_saved_is_not_believed(
    traces: Path, tmp_path: Path, line: str, message: str, capsys: Capture
) -> None:
    saved = tmp_path / "before"
    diff(traces, "--save", saved)
    (saved / "smooth.jsonl").write_text(line)
    assert diff(traces, "--against", saved) == 2
    assert f"smooth.jsonl:1: {message}" in capsys.readouterr().err


def test_wrong_use(traces: Path, tmp_path: Path, capsys: Capture) -> None:
    same = ("--policy", "settle=1")
    assert diff(tmp_path / "nowhere.jsonl", *same) == 2
    assert diff(traces, "--against", tmp_path / "nowhere") == 2
    (tmp_path / "empty").mkdir()
    assert diff(tmp_path / "empty", *same) == 2
    assert "empty: no traces" in capsys.readouterr().err
    (traces / "bad.jsonl").write_text("{}\n")
    assert diff(traces, *same) == 2
    assert "bad.jsonl:1: there is no signal" in capsys.readouterr().err


def test_sessions_and_players_are_kept_apart() -> None:
    play = ScriptedPlayer(20, jitter=0).load().play().end().play().end()
    one = [{**to_record(event), "player": "tv"} for event in play.events]
    assert not difference(one, one)
    other = [record for record in one if record["event"] != "REPLAY"]
    (line,) = [line for line in difference(one, other).lines() if line.startswith("-")]
    assert line == "- 2 tv     20.100 s  REPLAY at 0 previous_session=session 1" + MEDIA
    assert not list(difference([], []).lines())


def test_what_is_the_same_between_two_differences_is_left_out() -> None:
    play = ScriptedPlayer(100, jitter=0).load().play().end()
    events = [to_record(event) for event in play.events]
    other = [e for e in events if e["event"] not in ("PLAY_REACHED_25", "PLAY_REACHED_75")]
    assert [line[:16] for line in difference(events, other).lines()] == [
        *("  1     20.100 s", "- 1     25.100 s", "  1     30.100 s", "  …"),
        *("  1     1:10.100", "- 1     1:15.100", "  1     1:20.100"),
    ]


def test_other_media_are_a_difference() -> None:
    one = [{"event": "PAUSE", "at": 1, "session": "s", "position": 1.0, "entry_id": "1_a"}]
    other = [{**one[0], "entry_id": "1_b"}]
    assert list(difference(one, other).lines()) == [
        "- 1      0.000 s  PAUSE at 1 entry_id='1_a'",
        "+ 1      0.000 s  PAUSE at 1 entry_id='1_b'",
    ]


def test_traces_of_all_kinds_are_compared(traces: Path, tmp_path: Path, capsys: Capture) -> None:
    """A folder's compressed traces and Parquet files are no less traces than its lines."""
    (traces / "smooth.jsonl.gz").write_bytes(gzip.compress((traces / "smooth.jsonl").read_bytes()))
    stalls = traces / "living room" / "stalls.jsonl"
    pq.write_table(read_json(stalls), stalls.with_suffix(".parquet"))
    saved = tmp_path / "saved"
    assert diff(traces, "--save", saved) == 0
    assert diff(traces, "--against", saved) == 0
    assert capsys.readouterr().err.endswith("4 traces, none changed\n")
    assert diff(traces, "--policy", "view_interval=5") == 1
    changed = [line for line in capsys.readouterr().out.splitlines() if line[0] != " "]
    assert [line.partition(":")[0] for line in changed] == [
        "living room/stalls.jsonl",
        "living room/stalls.parquet",
        "smooth.jsonl",
        "smooth.jsonl.gz",
    ]
