"""Somebody else's destination: what the sender does with what it says (wire, 8)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest
from fault_server import CUT, Received, Server, ok, script
from sending import FAST, event, events, until

from playertrack.delivery import (
    Answer,
    Batch,
    Destination,
    Kind,
    Request,
    Verdict,
)
from playertrack.destinations.sink import DeliverySink
from playertrack.events import Event
from playertrack.outbox import look


class Plain(Destination):
    """Numbers in a list, batched without waiting."""

    batch = Batch(events=10)

    def encode(self, event: Event) -> bytes | None:
        return None if event.event == "VIEW" else b"%d" % event.index

    def request(self, items: Sequence[bytes]) -> Request:
        return Request("POST", self.address, {}, b"[" + b",".join(items) + b"]")


def numbers(request: Received) -> list[int]:
    found: list[int] = json.loads(request.body)
    return found


def sink_of(destination: Destination, queue: Path | None = None, **options: Any) -> DeliverySink:
    options = {"settings": FAST, **options}
    name = f"plain:{destination.address}"
    return DeliverySink(name, destination, queue=queue, **options)


def delivered(sink: DeliverySink, batch: Sequence[Event]) -> bool:
    for each in batch:
        sink.emit(each)
    return sink.close(20.0)


def came(server: Server) -> list[int]:
    """All numbers that a request had which was answered well."""
    return [n for request in server.received for n in numbers(request)]


@pytest.mark.parametrize("answer", [ok("", "204 No Content"), ok('{"ok": 1}'), ok("<p>", "201 C")])
def test_any_success_delivers_without_partner_or_token(answer: bytes) -> None:
    with Server(lambda request: answer) as server:
        sink = sink_of(Plain(server.base))
        assert delivered(sink, events(25))
        assert sink.counts().delivered == 25
        assert came(server) == list(range(1, 26))
        assert "authorization" not in server.received[0].headers


def test_a_batch_is_no_larger_than_the_destination_says(tmp_path: Path) -> None:
    class Small(Plain):
        batch = Batch(events=4, bytes=9)

    with Server() as server:
        server.shut()
        sink = sink_of(Small(server.base), tmp_path)
        for each in events(30):
            sink.emit(each)
        sink.flush(0.0)
        server.listen()
        assert sink.close(20.0)
        assert came(server) == list(range(1, 31))
        assert all(len(request.body) <= 9 for request in server.received)
        assert max(len(numbers(request)) for request in server.received) == 3


def test_a_batch_waits_for_more_only_while_nobody_waits_for_it() -> None:
    class Patient(Plain):
        batch = Batch(events=3, wait=3600.0)

    with Server() as server:
        sink = sink_of(Patient(server.base))
        for each in events(5):
            sink.emit(each)
        assert numbers(server.wait(1)[0]) == [1, 2, 3]
        assert sink.flush(20.0)
        assert [numbers(request) for request in server.received] == [[1, 2, 3], [4, 5]]
        sink.close(1.0)


def test_a_batch_goes_when_it_waited_long_enough() -> None:
    class Brief(Plain):
        batch = Batch(events=100, wait=0.05)

    with Server() as server:
        sink = sink_of(Brief(server.base))
        sink.emit(event(1))
        assert numbers(server.wait(1)[0]) == [1]
        sink.close(1.0)


@pytest.mark.parametrize("guilty", [{7}, {1}, {10}, {3, 4}, set(range(1, 11))])
def test_a_rejected_batch_is_divided_until_the_guilty_are_found(
    guilty: set[int], tmp_path: Path
) -> None:
    def answer(request: Received) -> bytes:
        return ok("no", "400 Bad Request") if guilty & set(numbers(request)) else ok()

    with Server(answer) as server:
        sink = sink_of(Plain(server.base), tmp_path)
        assert delivered(sink, events(10))
        counts = sink.counts()
        assert (counts.delivered, counts.rejected) == (10 - len(guilty), len(guilty))
        good = [n for r in server.received if not guilty & set(numbers(r)) for n in numbers(r)]
        assert good == [n for n in range(1, 11) if n not in guilty]
    assert {letter.item.number for letter in look(tmp_path).dead} == guilty
    assert {letter.reason for letter in look(tmp_path).dead} == {"HTTP 400: no"}


def test_a_verdict_for_each_item(tmp_path: Path) -> None:
    class Picky(Plain):
        def judge(self, answer: Answer, items: Sequence[bytes]) -> Sequence[Verdict]:
            kinds = json.loads(answer.body)
            return [Verdict(Kind(kinds.get(item.decode(), "delivered")), "so") for item in items]

    answers = script(
        ok('{"2": "rejected", "3": "retry", "5": "retry"}'), ok('{"5": "rejected"}'), ok("{}")
    )
    with Server(answers) as server:
        sink = sink_of(Picky(server.base), tmp_path)
        assert delivered(sink, events(5))
        assert [numbers(r) for r in server.received] == [[1, 2, 3, 4, 5], [3, 5]]
        assert (sink.counts().delivered, sink.counts().rejected) == (3, 2)
    dead = {(each.item.number, each.reason) for each in look(tmp_path).dead}
    assert dead == {(2, "so"), (5, "so")}


def test_a_cut_answer_and_a_busy_server_repeat_the_batch_as_it_was() -> None:
    answers = script(CUT, ok("", "503 Busy", "Retry-After: 0"))
    with Server(answers) as server:
        sink = sink_of(Plain(server.base))
        assert delivered(sink, events(5))
        assert [r.body for r in server.received] == [server.received[0].body] * 3
        assert (sink.counts().delivered, sink.counts().ambiguous) == (5, 1)


@pytest.mark.parametrize("status", ["404 Not Found"])
def test_a_wrong_address_pauses_and_loses_nothing(status: str, tmp_path: Path) -> None:
    with Server(lambda request: ok("", status)) as server:
        sink = sink_of(Plain(server.base), tmp_path)
        assert not delivered(sink, events(5))
        assert "the address is wrong" in str(look(tmp_path).standings[0].paused)
        server.answer = lambda request: ok()
        again = sink_of(Plain(server.base), tmp_path)
        assert again.close(20.0)
        assert again.counts().delivered == 5


# ---------------------------------------------------------------------------------- tokens


def test_a_token_is_asked_once_and_again_after_a_refusal() -> None:
    asked: list[str] = []

    class Locked(Plain):
        def token(self) -> str:
            asked.append(f"token-{len(asked) + 1}")
            return asked[-1]

    def answer(request: Received) -> bytes:
        right = request.headers["authorization"] == "Bearer token-2"
        return ok() if right else ok("", "401 Unauthorized")

    with Server(answer) as server:
        sink = sink_of(Locked(server.base))
        assert delivered(sink, events(30, "a", "b"))
        assert asked == ["token-1", "token-2"]
        assert sink.counts().delivered == 60


@pytest.mark.parametrize("kind", ["text", "function", "async"])
def test_a_token_may_be_given(kind: str) -> None:
    async def later() -> str:
        return "the-token"

    token: str | Callable[[], Any] = {
        "text": "the-token",
        "function": lambda: "the-token",
        "async": later,
    }[kind]  # type: ignore[assignment] # any of the kinds
    with Server() as server:
        sink = sink_of(Plain(server.base), token=token)
        assert delivered(sink, events(3))
        assert {r.headers["authorization"] for r in server.received} == {"Bearer the-token"}


@pytest.mark.parametrize("token", ["the-secret-token", None])
def test_a_token_without_another_pauses_and_is_shown_nowhere(
    token: str | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    refusal = "the-secret-token is no good (Bearer the-secret-token)"
    with Server(lambda request: ok(refusal, "401 Unauthorized")) as server:
        sink = sink_of(Plain(server.base), tmp_path, token=token)
        sink.emit(event(1))
        until(lambda: sink.sender.states().get(sink.name) == "paused")
        assert not sink.close(0.0)
        assert len(server.received) == 1
    paused = str(look(tmp_path).standings[0].paused)
    assert ("needed" if token is None else "no other token") in paused
    if token is not None:
        assert token not in paused + caplog.text + repr(sink.sender) + repr(vars(sink))


# --------------------------------------------------------------------- destinations that fail


def test_an_event_that_cannot_be_encoded_becomes_a_dead_letter(tmp_path: Path) -> None:
    class Fussy(Plain):
        def encode(self, event: Event) -> bytes | None:
            if event.index == 3:
                raise ValueError("three is too many")
            return super().encode(event)

    with Server() as server:
        sink = sink_of(Fussy(server.base), tmp_path)
        assert delivered(sink, events(5))
        assert came(server) == [1, 2, 4, 5]
    [letter] = look(tmp_path).dead
    assert (letter.item.number, letter.reason) == (3, "three is too many")


def test_an_item_of_which_no_request_can_be_made_costs_itself_alone(tmp_path: Path) -> None:
    class Broken(Plain):
        def request(self, items: Sequence[bytes]) -> Request:
            if b"3" in items:
                raise KeyError("three")
            return super().request(items)

    with Server() as server:
        sink = sink_of(Broken(server.base), tmp_path)
        assert delivered(sink, events(5))
        assert came(server) == [1, 2, 4, 5]
    assert "KeyError" in look(tmp_path).dead[0].reason


@pytest.mark.parametrize("name", ["judge", "authorize"])
def test_what_a_destination_raises_is_tried_again(name: str, tmp_path: Path) -> None:
    calls: list[str] = []

    class Flawed(Plain):
        def authorize(self, request: Request, token: str | None) -> Request:
            self._fail("authorize")
            return super().authorize(request, token)

        def judge(self, answer: Answer, items: Sequence[bytes]) -> Verdict | Sequence[Verdict]:
            self._fail("judge")
            return super().judge(answer, items)

        def _fail(self, where: str) -> None:
            if where == name and len(calls) < 6:
                calls.append(where)
                raise RuntimeError("a bug")

    with Server() as server:
        sink = sink_of(Flawed(server.base), tmp_path)
        assert delivered(sink, events(3))
        assert sink.counts().delivered == 3
    assert len(calls) == 6


def test_verdicts_that_do_not_fit_are_no_answer() -> None:
    class Short(Plain):
        seen = 0

        def judge(self, answer: Answer, items: Sequence[bytes]) -> Sequence[Verdict]:
            Short.seen += 1
            return [Verdict(Kind.DELIVERED)] * (len(items) if Short.seen > 1 else 0)

    with Server() as server:
        sink = sink_of(Short(server.base))
        assert delivered(sink, events(2))
        assert sink.counts().delivered == 2


# ----------------------------------------------------------------------------------- order


def test_order_is_kept_within_a_lane_across_batches() -> None:
    class Tagged(Plain):
        batch = Batch(events=4)

        def encode(self, event: Event) -> bytes | None:
            return json.dumps([event.session, event.index]).encode()

    with Server(delay=0.001) as server:
        sink = sink_of(Tagged(server.base))
        assert delivered(sink, events(60, "a", "b", "c"))
        found = [tuple(pair) for request in server.received for pair in json.loads(request.body)]
    for lane in "abc":
        assert [n for session, n in found if session == lane] == list(range(1, 61))


def test_without_lanes_requests_go_side_by_side() -> None:
    class Loose(Plain):
        batch = Batch()

        def lane(self, event: Event) -> str | None:
            return None

    with Server(together=2) as server:
        sink = sink_of(Loose(server.base))
        assert delivered(sink, events(60))
        assert sorted(came(server)) == list(range(1, 61))


# ------------------------------------------------------------------------------ compression


@pytest.mark.parametrize("says", ["gzip", "identity", None])
def test_bodies_are_compressed_where_the_server_says_that_it_takes_that(says: str | None) -> None:
    fields = () if says is None else (f"Accept-Encoding: {says}",)

    class Long(Plain):
        batch = Batch(events=2)

        def encode(self, event: Event) -> bytes | None:
            return b'"%04d%s"' % (event.index, b"x" * 1100)

    with Server(lambda request: ok("", "200 OK", *fields)) as server:
        sink = sink_of(Long(server.base))
        assert delivered(sink, events(10))
    encodings = [request.headers.get("content-encoding") for request in server.received]
    assert encodings[0] is None
    assert set(encodings[1:]) == ({"gzip"} if says == "gzip" else {None})


def test_a_server_that_takes_no_compression_after_all_gets_it_plain() -> None:
    def answer(request: Received) -> bytes:
        if "content-encoding" in request.headers:
            return ok("", "415 Unsupported Media Type")
        return ok("", "200 OK", "Accept-Encoding: gzip")

    class Long(Plain):
        batch = Batch()

        def encode(self, event: Event) -> bytes | None:
            return b'"%04d%s"' % (event.index, b"x" * 1100)

    with Server(answer) as server:
        sink = sink_of(Long(server.base))
        assert delivered(sink, events(5))
        assert sink.counts().delivered == 5
        assert sum("content-encoding" in r.headers for r in server.received) == 1


def test_values_are_frozen_and_show_no_secret() -> None:
    request = Request("POST", "https://example.com/?ks=hush", {"Authorization": "hush"}, b"hush")
    assert "hush" not in repr(request)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        request.method = "GET"  # type: ignore[misc] # the point: it is frozen
    assert Batch() == Batch(events=1, bytes=262_144, wait=0.0)
    assert Verdict(Kind.RETRY) == Verdict(Kind.RETRY, "", None)
