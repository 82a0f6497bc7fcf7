"""Faults on the way to a server: each of them, over real sockets (wire, 4 and 5).

The server is the collector; it has some of the faults itself, the network between has others.
Each test ends with a look for secrets at all that is left (Q-secret).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
from collecting import Collecting, numbers
from fault_proxy import (
    Proxy,
    Way,
    close_after_the_answer,
    cut,
    drip,
    garble,
    half_close,
    reset_before_the_answer,
    reset_before_the_request,
    stall,
    swallow,
)
from leaking import assert_kept, secrets_in
from sending import FAST, HASTY, ME, events, firsts, until

from playertrack.collector import Collector
from playertrack.delivery import DeliverySettings
from playertrack.destinations.kaltura.ks import KSProvider
from playertrack.destinations.kaltura.ks_services import AppToken, SessionStart
from playertrack.destinations.kaltura.stats import StatsSink
from playertrack.outbox import Counts, look

TOKEN_ID, TOKEN = "0_planted", "planted0token0of0the0application0"
SECRET = "planted0secret0of0the0partner"


@attrs.frozen
class Scene:
    """A sink whose events reach the ``collector`` through ``network``."""

    server: Collecting
    network: Proxy
    desk: Proxy
    provider: KSProvider
    sink: StatsSink
    queue: Path

    @property
    def collector(self) -> Collector:
        return self.server.collector

    def emit(self, count: int, *sessions: str) -> None:
        for each in events(count, *sessions):
            self.sink.emit(each)

    def deliver(self) -> Counts:
        """Wait until nothing is left; gives the counts."""
        assert self.sink.flush(30.0)
        counts = self.sink.counts()
        assert counts.accepted == counts.delivered + counts.rejected
        return counts

    def taken(self, session: str = "s") -> list[int]:
        """The numbers of the events that the collector took, as they came."""
        return numbers(self.collector.accepted, session)

    def tried(self, session: str = "s") -> list[int]:
        """The numbers of all that came to it."""
        return numbers(self.collector.received, session)

    @property
    def state(self) -> str | None:
        return self.sink.sender.states().get(self.sink.name)


@contextmanager
def scene(
    directory: Path,
    caplog: pytest.LogCaptureFixture,
    *ways: Way,
    settings: DeliverySettings = FAST,
    by: str = "token",
    path: str = "/api_v3",
    token: str = TOKEN,
) -> Iterator[Scene]:
    """A scene; at its end all that is left is searched for secrets."""
    caplog.set_level(logging.DEBUG)
    queue = directory / "queue"
    with (
        Collecting(secret=SECRET, tokens={TOKEN_ID: TOKEN}) as server,
        Proxy(server.collector.port, *ways) as network,
        Proxy(server.collector.port) as desk,
    ):
        service = f"http://127.0.0.1:{desk.port}/api_v3"
        provider: KSProvider
        if by == "token":
            provider = AppToken(TOKEN_ID, token, 102, service_url=service, settings=settings)
        else:
            provider = SessionStart(SECRET, 102, service_url=service, settings=settings)
        url = f"http://127.0.0.1:{network.port}{path}"
        sink = StatsSink(ME, queue=queue, ks=provider, url=url, settings=settings)
        try:
            yield Scene(server, network, desk, provider, sink, queue)
        finally:
            sink.close(0.1)
    issued = secrets_in(bytes(desk.seen)) | secrets_in(bytes(network.seen))
    assert issued, "no KS and no hash went over the wire"
    assert_kept({TOKEN, token, SECRET} | issued, queue, caplog, vars(sink), sink.sender, provider)


# ---------------------------------------------------------------------- faults of the server


@pytest.mark.parametrize(
    ("fault", "ambiguous"),
    [
        ({"kind": "status", "status": 500}, 0),
        ({"kind": "status", "status": 503}, 0),
        ({"kind": "status", "status": 408}, 0),
        ({"kind": "status", "status": 425}, 0),
        ({"kind": "status", "status": 429, "retry_after": 0}, 0),
        ({"kind": "status", "status": 429, "retry_after": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0),
        ({"kind": "status", "status": 503, "retry_after": "soon"}, 0),
        ({"kind": "status", "status": 503, "retry_after": -5}, 0),
        ({"kind": "status", "status": 302}, 0),
        ({"kind": "html"}, 0),
        ({"kind": "lost"}, 1),
        ({"kind": "cut"}, 1),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else None,
)
def test_what_passes_by_itself_is_tried_again_and_later_events_wait(
    fault: dict[str, object],
    ambiguous: int,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with scene(tmp_path, caplog) as it:
        it.collector.fault(**fault, endpoint="stats", times=1, after=1)  # type: ignore[arg-type] # any
        it.emit(4)
        counts = it.deliver()
        assert it.tried() == [1, 2, 2, 3, 4]
        assert it.taken() == ([1, 2, 2, 3, 4] if ambiguous else [1, 2, 3, 4])
        assert (counts.delivered, counts.ambiguous) == (4, ambiguous)
        bodies = [dict(r.fields) for r in it.collector.received if numbers([r]) == [2]]
        assert bodies[0] == bodies[1], "Q-frozen"


def test_an_answer_that_comes_too_late_is_in_doubt(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with scene(tmp_path, caplog, settings=HASTY) as it:
        it.collector.fault("delay", seconds=1, endpoint="stats", times=1)
        it.emit(3)
        counts = it.deliver()
        assert firsts(it.taken()) == [1, 2, 3]
        assert counts.delivered == 3
        assert counts.ambiguous >= 1


def test_a_long_outage_is_probed_by_the_first_event_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with scene(tmp_path, caplog) as it:
        it.collector.fault("status", status=500, endpoint="stats", times=7)
        it.emit(5)
        counts = it.deliver()
        assert it.tried() == [1] * 8 + [2, 3, 4, 5]
        assert counts.delivered == 5
    assert caplog.text.count("is down: HTTP 500") == 1
    assert caplog.text.count("is up again") == 1


@pytest.mark.parametrize("status", [400, 403, 413, 422])
def test_a_refused_event_is_a_dead_letter_and_the_next_goes_on(
    status: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with scene(tmp_path, caplog) as it:
        it.collector.fault("status", status=status, endpoint="stats", times=1, after=1)
        it.emit(3)
        counts = it.deliver()
        assert it.tried() == [1, 2, 3]
        assert (counts.delivered, counts.rejected) == (2, 1)
        (letter,) = look(it.queue).dead
        assert letter.item.number == 2
        assert str(status) in letter.reason


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"path": "/wrong"}, "the address is wrong"),
        ({"token": "planted0but0wrong0token"}, "INVALID_APP_TOKEN_HASH"),
    ],
    ids=["address", "token"],
)
def test_a_wrong_setting_pauses_and_loses_nothing_over_a_restart(
    wrong: dict[str, Any], reason: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with scene(tmp_path, caplog, **wrong) as it:
        it.emit(3)
        until(lambda: it.state == "paused")
        assert reason in str(it.sink.sender.standing(it.sink.name).paused)
        assert it.taken() == []
        assert it.tried() == []
    with scene(tmp_path, caplog) as it:
        assert it.deliver().delivered == 3
        assert it.taken() == [1, 2, 3]


# --------------------------------------------------------------------- faults of the network


@pytest.mark.parametrize(
    ("way", "arrives"),
    [
        (reset_before_the_request, False),
        (reset_before_the_answer, True),
        (half_close, True),
        (cut(0), True),
        (cut(7), True),
        (cut(60), True),
        (cut(-1), True),
        (garble(b"\x16\x03\x01\x00"), True),
        (garble(b"HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\ntrue"), True),
        (garble(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"), True),
        (
            garble(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\ntrue"),
            True,
        ),
    ],
    ids=[
        "reset before the request",
        "reset before the answer",
        "half close",
        "no answer",
        "cut in the first line",
        "cut in the headers",
        "cut in the body",
        "not HTTP",
        "a length that is none",
        "bad chunks",
        "bad gzip",
    ],
)
def test_an_answer_that_does_not_arrive_whole_is_in_doubt(
    way: Way, arrives: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with scene(tmp_path, caplog, way) as it:
        it.emit(3)
        counts = it.deliver()
        assert it.taken() == ([1, 1, 2, 3] if arrives else [1, 2, 3])
        assert (counts.delivered, counts.ambiguous) == (3, 1)


@pytest.mark.parametrize(
    ("way", "arrives"),
    [(swallow, False), (stall(0), True), (stall(40), True), (stall(-1), True)],
    ids=["swallowed", "no answer", "stalls in the headers", "stalls in the body"],
)
def test_the_wait_for_a_stalled_network_ends_at_the_timeout(
    way: Way, arrives: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with scene(tmp_path, caplog, way, settings=HASTY) as it:
        it.emit(3)
        counts = it.deliver()
        assert firsts(it.taken()) == [1, 2, 3]
        # One was lost, or its answer; on a busy machine others may come late.
        again = len(it.taken()) - 3
        assert arrives <= again <= counts.ambiguous - (not arrives)


def test_a_slow_answer_is_an_answer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with scene(tmp_path, caplog, drip) as it:
        it.emit(1)
        counts = it.deliver()
        assert it.taken() == [1]
        assert counts.ambiguous == 0


def test_a_connection_that_was_closed_meanwhile_costs_no_event(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with scene(tmp_path, caplog, *[close_after_the_answer] * 3) as it:
        for count in range(1, 6):
            it.emit(count)
            it.deliver()
        assert len(it.taken()) >= 15
        assert it.network.connections >= 4


def test_ways_that_fail_one_after_the_other_lose_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ways = [reset_before_the_answer, cut(7), half_close, reset_before_the_request, cut(-1)]
    with scene(tmp_path, caplog, *ways * 4) as it:
        it.emit(20, "a", "b", "c")
        counts = it.deliver()
        for session in "abc":
            assert firsts(it.taken(session)) == list(range(1, 21))
        assert counts.delivered == 60
        assert len(it.collector.accepted) - 60 <= counts.ambiguous == 20


def test_a_network_that_comes_and_goes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with scene(tmp_path, caplog) as it:
        it.emit(50, "a", "b")
        for n in range(4):
            it.server.wait(10 * n + 5)
            it.network.drop(0.02)
        it.network.shut()
        it.emit(10, "c")
        it.network.listen()
        it.deliver()
        for session, last in (("a", 50), ("b", 50), ("c", 10)):
            assert firsts(it.taken(session)) == list(range(1, last + 1))


# ------------------------------------------------------------------------------------ the KS


@pytest.mark.parametrize("by", ["token", "secret"])
@pytest.mark.parametrize("kind", ["expired_ks", "invalid_ks"])
def test_a_ks_that_ends_in_mid_session_is_renewed_once_for_all_that_wait(
    kind: str, by: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with scene(tmp_path, caplog, by=by) as it:
        it.collector.fault(kind, endpoint="stats", times=1, after=20)
        it.emit(6, *"abcdefgh")
        counts = it.deliver()
        assert counts.delivered == 48
        for session in "abcdefgh":
            assert it.taken(session) == [1, 2, 3, 4, 5, 6]
        used = firsts(hash(each.ks) for each in it.collector.received)
        assert len(used) == 2
        renewals = it.collector.services.booth.issued
        assert renewals == (4 if by == "token" else 2)


@pytest.mark.parametrize("by", ["token", "secret"])
@pytest.mark.parametrize("fault", ["status", "html", "cut", "lost"])
def test_a_service_that_gives_no_ks_for_now_is_asked_again(
    fault: str, by: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with scene(tmp_path, caplog, by=by) as it:
        it.collector.fault(fault, endpoint="ks", times=3)
        it.emit(3)
        it.deliver()
        assert it.taken() == [1, 2, 3]
    assert caplog.text.count("has to wait: no token") == 1


def test_a_ks_that_every_server_refuses_pauses_and_loses_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with scene(tmp_path, caplog) as it:
        it.collector.fault("invalid_ks", endpoint="stats")
        it.emit(3, "a", "b")
        until(lambda: it.state == "paused")
        standing = it.sink.sender.standing(it.sink.name)
        assert "refused as well" in str(standing.paused)
        assert standing.counts.pending == 6
        it.collector.faults.clear()
        it.sink.resume()
        it.deliver()
        assert it.taken("a") == it.taken("b") == [1, 2, 3]
