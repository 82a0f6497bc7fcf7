"""`playertrack doctor` finds what keeps events from being delivered, against real servers."""

from __future__ import annotations

import json
import os
import re
import time
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from fault_server import Received, Server, ok

from cli.commanding import Capture
from playertrack.cli import main
from playertrack.destinations.variables import VARIABLES

KS = "djJ8MTAyfHBsYW50ZWQtc2VjcmV0"

PACKAGE = Path(__file__).parents[2] / "playertrack"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in tuple(os.environ):
        if name.startswith(("KALTURA_", "PLAYERTRACK_")):
            monkeypatch.delenv(name)


def answering(session: str, *, shift: float = 0.0) -> Any:
    """A server of the API v3 that answers session.get so, with its clock ``shift`` (s) ahead."""

    def answer(request: Received) -> bytes:
        date = f"Date: {formatdate(time.time() + shift, usegmt=True)}"
        if "/session/action/get" in request.target or "service=session" in request.target:
            if "ks" in request.form:
                return ok(session, "200 OK", date)
            missing = '{"objectType":"KalturaAPIException","code":"MISSING_KS","message":"no"}'
            return ok(missing, "200 OK", date)
        return ok("true", "200 OK", date)

    return answer


def info(expires_in: float) -> str:
    expiry = int(time.time() + expires_in)
    return json.dumps({"objectType": "KalturaSessionInfo", "ks": KS, "expiry": expiry})


def refusal(code: str, message: str) -> str:
    return json.dumps({"objectType": "KalturaAPIException", "code": code, "message": message})


def doctor(capsys: Capture, *options: str) -> tuple[int, list[dict[str, Any]]]:
    code = main(["doctor", "--json", *options])
    out, err = capsys.readouterr()
    assert KS not in out + err
    records = [json.loads(line) for line in out.splitlines()]
    assert all(list(record) == ["check", "ok", "finding"] for record in records)
    assert all((record["ok"] is False) == bool(record["finding"]) for record in records)
    return code, records


def findings(records: list[dict[str, Any]]) -> dict[str, str]:
    return {record["check"]: record["finding"] for record in records if record["ok"] is False}


def kaltura(monkeypatch: pytest.MonkeyPatch, server: Server | str, **variables: str) -> None:
    base = server if isinstance(server, str) else server.base
    monkeypatch.setenv("KALTURA_PARTNER_ID", "102")
    monkeypatch.setenv("KALTURA_SERVICE_URL", base)
    for name, value in variables.items():
        monkeypatch.setenv(f"KALTURA_{name}", value)


def test_nothing_is_wrong_and_nothing_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    with Server(answering(info(3600))) as server:
        kaltura(monkeypatch, server, KS=KS)
        code, records = doctor(capsys, "--sink", "stats", "--queue", str(tmp_path / "new"))
    assert code == 0
    assert [record["check"] for record in records] == [
        *("environment", "address", "clock", "credentials", "queue")
    ]
    assert {record["ok"] for record in records} == {True}
    assert not [request for request in server.received if "collect" in request.target]
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "cannot connect"),
        (ok("", "404 Not Found"), "no such service"),
        (ok("<html>Wi-Fi</html>", "200 OK", "Content-Type: text/html"), "a web page"),
        (ok("", "302 Found", "Location: http://portal"), "redirects"),
        (ok("", "503 Busy"), "in trouble"),
    ],
)
@pytest.mark.parametrize("sink", ["stats", "http"])
def test_a_wrong_address(
    sink: str,
    answer: bytes | None,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    with Server(lambda request: answer or ok()) as server:
        address = server.base if answer else "http://127.0.0.1:9/api_v3"
        if sink == "stats":
            kaltura(monkeypatch, address, KS=KS)
        spec = sink if sink == "stats" else f"http:{address}"
        code, records = doctor(capsys, "--sink", spec)
    assert code == 1
    assert [record["ok"] for record in records if record["check"] == "credentials"] == [None]
    finding = findings(records)["address"]
    assert said in finding and address in finding
    assert ("KALTURA_SERVICE_URL" if sink == "stats" else "the URL behind http:") in finding


def test_an_answer_that_kaltura_never_gives(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    with Server(lambda request: ok("Welcome", "200 OK", "Content-Type: text/plain")) as server:
        kaltura(monkeypatch, server.base, KS=KS)
        code, records = doctor(capsys, "--sink", "stats")
    assert code == 1
    assert "not that of the service" in findings(records)["address"]


@pytest.mark.parametrize(
    ("session", "said"),
    [
        (refusal("EXPIRED_KS", "KS has expired"), "it has expired"),
        (refusal("INVALID_KS", f'Invalid KS "{KS}", Error "KS_EXPIRED"'), "it has expired"),
        (refusal("INVALID_KS", f'Invalid KS "{KS}", Error "-1,INVALID_STR"'), "refuses it"),
        ("an info that is over", "it has expired"),
    ],
    ids=["expired", "said to be expired", "invalid", "over"],
)
def test_a_ks_that_is_refused_or_has_expired(
    session: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    with Server(answering(session if "{" in session else info(-60))) as server:
        kaltura(monkeypatch, server, KS=KS)
        code, records = doctor(capsys, "--sink", "stats")
    assert code == 1
    found = findings(records)
    assert set(found) == {"credentials"}
    assert "KALTURA_KS" in found["credentials"] and said in found["credentials"]


def test_a_token_that_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("PLAYERTRACK_HTTP_TOKEN", KS)
    with Server(lambda request: ok("", "401 No") if KS in str(request.headers) else ok()) as server:
        code, records = doctor(capsys, "--sink", f"http:{server.base}")
    assert code == 1
    assert "PLAYERTRACK_HTTP_TOKEN" in findings(records)["credentials"]


@pytest.mark.parametrize(("shift", "word"), [(86400.0, "behind"), (-86400.0, "ahead of")])
def test_a_clock_that_is_a_day_off(
    shift: float, word: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    with Server(answering(info(3 * 86400), shift=shift)) as server:
        kaltura(monkeypatch, server, KS=KS)
        code, records = doctor(capsys, "--sink", "stats")
    assert code == 1
    found = findings(records)
    assert set(found) == {"clock"}
    assert word in found["clock"] and re.search(r"8\d{4} s", found["clock"])


@pytest.mark.parametrize(
    ("there", "missing"),
    [
        ("KALTURA_APP_TOKEN_ID", "KALTURA_APP_TOKEN"),
        ("KALTURA_APP_TOKEN", "KALTURA_APP_TOKEN_ID"),
        ("PLAYERTRACK_XAPI_USER", "PLAYERTRACK_XAPI_PASSWORD"),
    ],
)
def test_a_half_set_environment(
    there: str, missing: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    with Server(answering("{}")) as server:
        kind = f"xapi:{server.base}"
        if there.startswith("KALTURA"):
            kaltura(monkeypatch, server)
            kind = "stats"
        monkeypatch.setenv(there, "x")
        code, records = doctor(capsys, "--sink", kind)
    assert code == 1
    assert f"{there} is set, but {missing} is not" in findings(records)["environment"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("KALTURA_PARTNERID", "did you mean KALTURA_PARTNER_ID?"),
        ("PLAYERTRACK_HTTP_TOKEN", "but not used: no sink is http or ndjson or cloudevents"),
        ("KALTURA_ADMIN_SECRET", "but not used: KALTURA_KS goes before it"),
    ],
)
def test_what_is_set_and_not_used(
    name: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    with Server(answering(info(3600))) as server:
        kaltura(monkeypatch, server, KS=KS)
        monkeypatch.setenv(name, "planted")
        assert main(["doctor", "--sink", "stats"]) == 1
    out, err = capsys.readouterr()
    [line] = out.splitlines()
    assert line.startswith("environment: ") and name in line and said in line
    assert "planted" not in out + err


def test_a_queue_that_cannot_be_written(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "file").touch()
    for directory in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/queue")):
        code, records = doctor(capsys, "--queue", str(directory))
        assert code == 1
        assert str(directory) in findings(records)["queue"]
    (tmp_path / "queue.db").write_bytes(b"x" * 5000)
    assert doctor(capsys, "--queue", str(tmp_path))[0] == 1


@pytest.mark.parametrize(("answer", "expected"), [(ok(), True), (ok("no", "400 No"), False)])
def test_an_event_is_sent_where_that_is_asked_for(
    answer: bytes, expected: bool, capsys: Capture
) -> None:
    with Server(lambda r: answer if r.method == "POST" else ok()) as server:
        code, records = doctor(capsys, "--sink", f"http:{server.base}", "--send")
    assert code == (0 if expected else 1)
    assert [record["ok"] for record in records if record["check"] == "event"] == [expected]
    [request] = [request for request in server.received if request.method == "POST"]
    assert json.loads(request.body)[0]["event"] == "MEDIA_LOADED"


def test_every_variable_that_is_read_is_known_and_documented() -> None:
    literal = re.compile(r"\b(?:KALTURA|PLAYERTRACK)_[A-Z_]*[A-Z]\b")
    text = "".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))
    assert set(literal.findall(text)) == set(VARIABLES)
    page = (PACKAGE.parent / "docs" / "operate.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (.+?) \|", page, re.MULTILINE))
    assert rows == {name: ", ".join(each.sinks) for name, each in VARIABLES.items()}
