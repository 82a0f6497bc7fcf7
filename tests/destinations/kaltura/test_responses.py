"""The meaning of answers (wire, section 4): the table, line by line, and that it is total."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playertrack.delivery import Answer, Kind, Verdict
from playertrack.destinations.kaltura import (
    Identity,
    TrackAnswer,
    judge_answer,
    track_answer,
)
from playertrack.destinations.kaltura.kava import KavaDestination
from playertrack.destinations.kaltura.stats import StatsDestination

HTML = b"<!doctype html><html><body>Welcome! Accept the terms.</body></html>"
BOTH = ("stats", "kava")


def failure(code: str, message: str = "", **more: Any) -> bytes:
    known = {"code": code, "message": message, "objectType": "KalturaAPIException", "args": []}
    return json.dumps(known | more).encode()


def kind(endpoint: str, status: int, body: bytes) -> str:
    return judge_answer(endpoint, status, {}, body).kind.value


@pytest.mark.parametrize("destination", [StatsDestination, KavaDestination])
def test_destinations_judge_by_this_table(
    destination: type[StatsDestination] | type[KavaDestination],
) -> None:
    """An error is in the body, so by its status alone it would be delivered."""
    made = destination(Identity(partner_id=102))
    answer = Answer(200, {}, failure("EXPIRED_KS"))
    verdict = made.judge(answer, [b""])
    assert isinstance(verdict, Verdict)
    assert verdict.kind is Kind.RENEW


@pytest.mark.parametrize("status", [200, 201, 204, 299])
@pytest.mark.parametrize(
    ("endpoint", "body"),
    [
        ("stats", b""),
        ("stats", b" \r\n"),
        ("stats", b"null"),
        ("stats", b"true"),
        ("stats", b"\xef\xbb\xbftrue\n"),
        ("kava", b"1700000000.123"),
        ("kava", b'"1700000000"'),
        ("kava", b'{"time": 1700000000, "viewEventsEnabled": true}'),
        ("kava", b"{}"),
        ("kava", b""),
        ("kava", b"null"),
    ],
)
def test_delivered(endpoint: str, status: int, body: bytes) -> None:
    assert judge_answer(endpoint, status, {"Retry-After": "5"}, body) == Verdict(Kind.DELIVERED)


@pytest.mark.parametrize(
    ("endpoint", "body"),
    [
        *((endpoint, body) for endpoint in BOTH for body in (HTML, b"false", b"[]", b"tru")),
        ("stats", b"5"),
        ("stats", b'"x"'),
        ("stats", b"{}"),
        ("stats", b"<?xml version='1.0'?><xml><result>1</result></xml>"),
        ("kava", b"true"),
        ("kava", b'{"code": "X"}'),
        ("kava", b'{"time": 17'),
        ("kava", b"NaN"),
        ("kava", b"[" * 100_000),
        ("kava", b"\xff\xfe"),
    ],
)
def test_a_success_with_any_other_body_is_none(endpoint: str, body: bytes) -> None:
    verdict = judge_answer(endpoint, 200, {}, body)
    assert verdict.kind is Kind.RETRY
    assert verdict.after is None


@pytest.mark.parametrize("endpoint", BOTH)
@pytest.mark.parametrize("status", [200, 400, 401, 404, 500, 302])
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("INVALID_KS", "renew"),
        ("MISSING_KS", "renew"),
        ("EXPIRED_KS", "renew"),
        ("INTERNAL_SERVERL_ERROR", "retry"),
        ("INTERNAL_DATABASE_ERROR", "retry"),
        ("ACTION_BLOCKED", "retry"),
        ("MISSING_MANDATORY_PARAMETER", "rejected"),
        ("INVALID_ENUM_VALUE", "rejected"),
        ("SERVICE_FORBIDDEN", "rejected"),
        ("PROPERTY_VALIDATION_WRONG_FORMAT", "rejected"),
        ("", "rejected"),
    ],
)
def test_an_exception_counts_whatever_the_status(
    endpoint: str, status: int, code: str, expected: str
) -> None:
    assert kind(endpoint, status, failure(code)) == expected


def test_a_blocked_action_waits_for_half_a_minute_at_least() -> None:
    body = failure("ACTION_BLOCKED")
    assert judge_answer("stats", 200, {}, body).after == 30.0
    assert judge_answer("stats", 200, {"Retry-After": "7"}, body).after == 30.0
    assert judge_answer("stats", 200, {"Retry-After": "77"}, body).after == 77.0
    assert judge_answer("stats", 200, {"Retry-After": "7"}, failure("INTERNAL_X")).after == 7.0


@pytest.mark.parametrize("endpoint", BOTH)
@pytest.mark.parametrize("body", [b"", b"true", b"5", HTML, b'{"code": 5}'])
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, "renew"),
        *((status, "retry") for status in (408, 425, 429, 500, 501, 502, 503, 504, 520, 599)),
        *((status, "retry") for status in (300, 301, 302, 303, 304, 307, 308)),
        *((status, "retry") for status in (100, 101, 0, -1, 600, 999)),
        *((status, "rejected") for status in (400, 402, 403, 405, 409, 410, 413, 414, 422, 451)),
        (404, "paused"),
    ],
)
def test_by_status(endpoint: str, status: int, body: bytes, expected: str) -> None:
    assert kind(endpoint, status, body) == expected


@pytest.mark.parametrize(
    ("header", "after"),
    [
        ("5", 5.0),
        (" 120 ", 120.0),
        ("0", 0.0),
        ("1000000000", 3600.0),
        ("9" * 5000, 3600.0),
        ("Tue, 14 Nov 2023 22:14:05 GMT", 45.0),
        ("Tue, 14 Nov 2023 22:12:00 GMT", 0.0),
        ("Tue, 14 Nov 2033 22:12:00 GMT", 3600.0),
        ("-5", None),
        ("5.5", None),
        ("soon", None),
        ("", None),
        ("\u0665", None),
        ("Tue, 99 Nov 2023 22:14:05 GMT", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after(status: int, header: str, after: float | None) -> None:
    headers = [("date", "Tue, 14 Nov 2023 22:13:20 GMT"), ("retry-AFTER", header)]
    assert judge_answer("kava", status, headers, b"").after == after
    assert judge_answer("kava", status, dict(headers), b"").after == after


def test_a_date_without_the_servers_own_means_nothing() -> None:
    headers = {"Retry-After": "Tue, 14 Nov 2023 22:14:05 GMT"}
    assert judge_answer("stats", 503, headers, b"").after is None


def test_the_reason_is_for_people_short_and_without_secrets() -> None:
    ks = "djJ8MTAyfPxhhEsmoD7tBqxbfhvLIVYkMfiMXhHmlBjmS62sniPcSOtqqQGT0c12NuH8nAm03YHFDTBu"
    body = failure("INVALID_KS", f'Invalid KS "{ks}", Error "-1,INVALID_STR"')
    reason = judge_answer("stats", 200, {}, body).reason
    assert reason == 'INVALID_KS: Invalid KS "***", Error "-1,INVALID_STR"'
    assert judge_answer("stats", 200, {}, failure("X", "no")).reason == "X: no"
    assert judge_answer("stats", 200, {}, failure("X")).reason == "X: "
    assert (
        judge_answer("stats", 400, {}, b"bad  request\nhere").reason == "HTTP 400: bad request here"
    )
    assert len(judge_answer("stats", 400, {}, b"x " * 100_000).reason) <= 500
    assert len(judge_answer("stats", 200, {}, failure("X", "y " * 100_000)).reason) <= 500
    assert "hunter2" not in judge_answer("stats", 400, {}, b"no hunter2 here", ["hunter2"]).reason


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"time": 5}', TrackAnswer(5, True)),
        (b'{"time": 5, "viewEventsEnabled": true}', TrackAnswer(5, True)),
        (b'{"viewEventsEnabled": false}', TrackAnswer(None, False)),
        (b"{}", TrackAnswer(None, True)),
        (b"0.5", TrackAnswer(0.5, True)),
        (b'"5"', TrackAnswer(5, True)),
        (b'{"code": "X"}', None),
        (b'{"objectType": "KalturaAPIException"}', None),
        (b"0", None),
        (b"-5", None),
        (b"1e300", None),
        (b'"x"', None),
        (b"[]", None),
        (b"", None),
    ],
)
def test_what_track_event_answers(body: bytes, expected: TrackAnswer | None) -> None:
    assert track_answer(body) == expected


@given(
    st.sampled_from(BOTH) | st.text(),
    st.integers(),
    st.dictionaries(st.text() | st.sampled_from(["Retry-After", "Date"]), st.text()),
    st.binary()
    | st.sampled_from([b"true", b"null", HTML])
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.text() | st.sampled_from(["code", "objectType", "message", "time"]),
                inner | st.just("KalturaAPIException"),
            )
        ),
    ).map(lambda value: json.dumps(value).encode()),
)
def test_whatever_is_answered_has_one_meaning(
    endpoint: str, status: int, headers: dict[str, str], body: bytes
) -> None:
    verdict = judge_answer(endpoint, status, headers, body)
    assert isinstance(verdict.kind, Kind)
    assert verdict == judge_answer(endpoint, status, headers, body)
    assert verdict.after is None or 0 <= verdict.after <= 3600
    assert len(verdict.reason) <= 500
    if verdict.kind is Kind.DELIVERED:
        assert 200 <= status <= 299
