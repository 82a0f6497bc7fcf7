"""Queueing and delivery: what a caller waits for, and how fast events get away."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from gzip import compress
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

from playertrack.delivery import DEFAULT_SETTINGS, Batch
from playertrack.delivery.protocol import pack
from playertrack.destinations.http import HttpDestination
from playertrack.destinations.kaltura import Identity, StatsDestination
from playertrack.destinations.sink import DeliverySink
from playertrack.events import Event
from playertrack.outbox import Bounds, Item, Outbox
from playertrack.outbox.recovery import open_store

from .measuring import Row, Scale

#: How many sessions are sent at once, unless it is set.
_AT_ONCE = DEFAULT_SETTINGS.max_in_flight

_ME = Identity(partner_id=102, entry_id="1_abc", referrer="kiosk://device-001")

#: Answers every request on a free port after so many seconds; prints the port.
_SERVER = """
import asyncio, sys
delay = float(sys.argv[1])
ANSWER = b"HTTP/1.1 200 OK\\r\\nContent-Length: 4\\r\\n\\r\\ntrue"
class Server(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.data, self.need = transport, b"", -1
    def data_received(self, data):
        self.data += data
        while True:
            end = self.data.find(b"\\r\\n\\r\\n")
            if end < 0:
                return
            at = self.data.lower().find(b"content-length:", 0, end)
            length = int(self.data[at + 15 : self.data.find(b"\\r\\n", at)]) if at >= 0 else 0
            if len(self.data) < end + 4 + length:
                return
            self.data = self.data[end + 4 + length :]
            if delay:
                asyncio.get_running_loop().call_later(delay, self.transport.write, ANSWER)
            else:
                self.transport.write(ANSWER)
async def main():
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""

#: Keeps a disk busy, as others do.
_DISK = """
import os, sys
file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
print("busy", flush=True)
while True:
    os.pwrite(file, os.urandom(65536), 0)
    os.fsync(file)
"""

#: Drains the queue of a directory and prints what the most memory that it had grew by (KiB).
#: That of getrusage would be no less than that of the process which starts this one.
_DRAIN = """
import sys
from pathlib import Path
from playertrack.destinations.kaltura import Identity
from playertrack.destinations.kaltura.stats import StatsSink
def most():
    [line] = [l for l in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in l]
    return int(line.split()[1])
me = Identity(partner_id=102, entry_id="1_abc", referrer="kiosk://device-001")
sink = StatsSink(me, queue=sys.argv[1] + "/empty", url=sys.argv[2])
sink.emit(__import__("playertrack.events").events.Event("PLAY", at=0.0, session="s", index=1))
assert sink.close(60.0)
before = most()
sink = StatsSink(me, queue=sys.argv[1], url=sys.argv[2])
assert sink.close(900.0)
print(most() - before)
"""


def rows(scale: Scale) -> list[Row]:
    """All of it; nothing leaves this machine."""
    quick = scale.players < 100_000
    return [
        _emit(500 if quick else 2_000, scale.runs),
        _group_commit(2_000 if quick else 10_000),
        _one_lane(1_000 if quick else 5_000, 2 * scale.runs + 1),
        _lanes(800 if quick else 1600, scale.runs),
        _batches(400 if quick else 1_000, scale.runs),
        _compressed(),
        _memory(scale.players),
    ]


def _events(count: int, lanes: int = 1) -> Iterator[Event]:
    for n in range(count):
        yield Event(
            "PLAY", at=1.7e9 + n, session=f"session-{n % lanes}", index=n // lanes + 1, position=1.5
        )


@contextmanager
def _running(code: str, *arguments: str) -> Iterator[str]:
    """A program beside this one; gives the first line that it prints."""
    command = [sys.executable, "-c", code, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


@contextmanager
def _directory() -> Iterator[str]:
    """On a real disk, where a commit costs what it costs."""
    with TemporaryDirectory(dir=os.environ.get("TMPDIR", "."), prefix=".bench-") as directory:
        yield directory


def _emit(count: int, runs: int) -> Row:
    """The 99th percentile of ``emit`` at some 1000 events a second; the median of the runs."""
    from playertrack.destinations.kaltura.stats import StatsSink

    with socket.socket() as dead, _directory() as directory:
        dead.bind(("127.0.0.1", 0))  # and does not listen
        base = f"http://127.0.0.1:{dead.getsockname()[1]}/api_v3"
        with _running(_DISK, f"{directory}/busy"):
            sink = StatsSink(_ME, queue=f"{directory}/queue", url=base)
            results = [_emit_some(sink.emit, count) for _ in range(runs)]
            bare = median(_emit_some(_Bare().emit, count)[1] for _ in range(runs))
            sink.close(0.0)
    middle, high = (median(column) for column in zip(*results, strict=True))
    return Row(
        "emit, 99th percentile, disk busy, network dead",
        high * 1e6,
        "us",
        at_most=50.0,
        note=f"median {middle * 1e6:.1f} us; 99th of a bare list {bare * 1e6:.1f} us",
    )


class _Bare:
    """Takes events as little as can be: what the machine alone costs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: list[Event] = []

    def emit(self, event: Event) -> None:
        with self._lock:
            self._events.append(event)


def _emit_some(emit: Callable[[Event], object], count: int) -> tuple[float, float]:
    """The median and the 99th percentile (s)."""
    took = []
    for event in _events(count, 4):
        began = perf_counter()
        emit(event)
        took.append(perf_counter() - began)
        sleep(0.001)
    took.sort()
    return median(took), took[int(0.99 * count)]


def _group_commit(count: int) -> Row:
    """Durable events a second, against a commit for each."""
    item = Item("session", "PLAY", 1, 1.7e9, '["head"]', b"x" * 400)
    few = max(200, count // 20)
    with _directory() as directory:
        store = open_store(Path(directory) / "queue.db")
        began = perf_counter()
        for seq in range(1, few + 1):
            with store.transaction():
                store.append([(seq, "one", item)])
        each = few / (perf_counter() - began)
        store.close()
    with _directory() as directory:
        outbox = Outbox(directory, bounds=Bounds(max_waiting=count))
        outbox.flush()
        began = perf_counter()
        for _ in range(count):
            outbox.append("group", lambda item, beside: item, item)
        outbox.flush()
        group = count / (perf_counter() - began)
        outbox.close()
    note = f"{group:.0f}/s against {each:.0f}/s"
    return Row("group commit against one an event", group / each, at_least=20.0, note=note)


async def _bare(base: str, count: int, at_once: int = 1) -> float:
    """Requests a second of a loop that posts the same bodies and does nothing else."""
    import aiohttp

    mapper = StatsDestination(_ME, url=base)
    items = [item for event in _events(count) if (item := mapper.encode(event))]
    requests = iter([mapper.request([item]) for item in items])

    async def post(session: aiohttp.ClientSession) -> None:
        for request in requests:
            url, headers = request.url, request.headers
            async with session.post(url, data=request.body, headers=headers) as response:
                await response.read()

    async with aiohttp.ClientSession() as session:
        began = perf_counter()
        await asyncio.gather(*(post(session) for _ in range(at_once)))
        return count / (perf_counter() - began)


class _OneByOne(HttpDestination):
    """As `HttpDestination`, an event a request."""

    batch = Batch()


def _posted(make: Callable[[str], HttpDestination], base: str, count: int) -> float:
    """Events a second of a sink of ``http`` that finds them queued."""
    name, destination = f"http:{base}", make(base)
    with _directory() as directory:
        outbox = Outbox(directory, bounds=Bounds(max_waiting=count, max_events=count))
        for event in _events(count, 4):
            outbox.append(name, partial(pack, destination), event)
        outbox.close(600.0)
        sink = DeliverySink(name, make(base), queue=directory)
        began = perf_counter()
        assert sink.flush(600.0)
        took = perf_counter() - began
        sink.close(5.0)
    return count / took


def _queued(base: str, count: int, lanes: int) -> float:
    """Requests a second of a sink that finds them queued."""
    from playertrack.destinations.kaltura.stats import StatsSink

    with _directory() as directory:
        _fill(directory, base, count, lanes)
        sink = StatsSink(_ME, queue=directory, url=base)
        began = perf_counter()
        assert sink.flush(600.0)
        took = perf_counter() - began
        sink.close(5.0)
    return count / took


def _fill(directory: str, base: str, count: int, lanes: int) -> None:
    mapper = StatsDestination(_ME, url=base)

    def encode(event: Event, beside: str) -> Item | None:
        return pack(mapper, event, beside)

    outbox = Outbox(directory, bounds=Bounds(max_waiting=count, max_events=count))
    for event in _events(count, lanes):
        outbox.append(f"stats:{_ME.key}", encode, event)
    outbox.close(600.0)


def _in_turns(runs: int, *works: Callable[[], float]) -> list[list[float]]:
    """Run the works in turns; their results by work. A first turn is not counted."""
    results = [[work() for work in works] for _ in range(runs + 1)][1:]
    return [list(column) for column in zip(*results, strict=True)]


def _ratio(over: list[float], under: list[float]) -> float:
    """The median of the turns' ratios: what slows a machine down slows both of a turn."""
    return median(one / other for one, other in zip(over, under, strict=True))


def _one_lane(count: int, runs: int) -> Row:
    with _running(_SERVER, "0") as port:
        base = f"http://127.0.0.1:{port}/api_v3"
        bare, queued = _in_turns(
            runs, lambda: asyncio.run(_bare(base, count)), lambda: _queued(base, count, 1)
        )
    ratio = _ratio(queued, bare)
    note = f"{median(queued):.0f}/s against {median(bare):.0f}/s"
    return Row("one lane against a bare aiohttp loop", ratio, at_least=0.85, note=note)


def _lanes(count: int, runs: int) -> Row:
    with _running(_SERVER, "0.005") as port:
        base = f"http://127.0.0.1:{port}/api_v3"
        one, many, bare_one, bare_many = _in_turns(
            runs,
            lambda: _queued(base, count // 4, 1),
            lambda: _queued(base, count, 32),
            lambda: asyncio.run(_bare(base, count // 4)),
            lambda: asyncio.run(_bare(base, count, _AT_ONCE)),
        )
    note = f"{median(many):.0f}/s against {median(one):.0f}/s; bare aiohttp, "
    note += f"{_AT_ONCE} at once: {_ratio(bare_many, bare_one):.1f} x"
    row = "32 lanes against one, answers after 5 ms"
    return Row(row, _ratio(many, one), at_least=6.0, note=note)


def _batches(count: int, runs: int) -> Row:
    """Batches save the wait for answers, so they are a few milliseconds away, as in a network."""
    with _running(_SERVER, "0.005") as port:
        base = f"http://127.0.0.1:{port}/events"
        one, many = _in_turns(
            runs,
            lambda: _posted(_OneByOne, base, count),
            lambda: _posted(HttpDestination, base, 20 * count),
        )
    note = f"{median(many):.0f} events/s against {median(one):.0f}/s, four sessions"
    row = "http in batches against one by one, answers after 5 ms"
    return Row(row, _ratio(many, one), at_least=5.0, note=note)


def _compressed() -> Row:
    destination = HttpDestination("https://example.com/events")
    items = [item for event in _events(100, 4) if (item := destination.encode(event))]
    body = destination.request(items).body
    part = 100.0 * len(compress(body, 6)) / len(body)
    return Row("bytes of a batch of 100 with gzip", part, "%", at_most=60.0)


def _memory(count: int) -> Row:
    with _directory() as directory, _running(_SERVER, "0") as port:
        base = f"http://127.0.0.1:{port}/api_v3"
        _fill(directory, base, count, 32)
        done = subprocess.run(
            [sys.executable, "-c", _DRAIN, directory, base],
            capture_output=True,
            text=True,
            check=True,
        )
    grown = int(done.stdout) / (1 << 10)
    return Row(f"memory to drain {count} events", grown, "MiB", at_most=32.0)
