"""Plays a clip very often in one process, and prints what that took of it, as JSON.

python tests/adapters/live/plays.py TestVlc clip.mp4 1000
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path

import test_conformance

from playertrack import Event, Tracker

#: So many players play beside each other, and each so often before it is measured.
AT_ONCE, WARM = 8, 15

#: How long (s) one play may take.
TIMEOUT = 60.0


class Mallinfo(ctypes.Structure):
    """The C library's account of its heap; bytes, but for the three numbers of blocks."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    )


def heap() -> int:
    """How much (kB) of the heap is in use, here: without what lies free between."""
    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = Mallinfo
    account = mallinfo()
    return int(account.uordblks + account.hblkhd) // 1024


def used() -> dict[str, Counter[str]]:
    """Measures this process, and players that are processes of their own together.

    What the C library's allocator keeps for later is given back before: mpv alone, without
    anything of ours, leaves it 100 to 200 MB, now more, now less.
    """
    ctypes.CDLL(None).malloc_trim(0)
    players = Counter(threads=0, files=0, memory=0)
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # a process of somebody else that ends
            if status(process)["PPid"] == str(os.getpid()):
                players.update(taken(process))
    return {"here": taken(Path("/proc/self")) | Counter(heap=heap()), "players": players}


def taken(process: Path) -> Counter[str]:
    """Threads, file descriptors and memory (kB) of a process."""
    return Counter(
        threads=len(list((process / "task").iterdir())),
        files=len(list((process / "fd").iterdir())),
        memory=int(status(process)["VmRSS"]),
    )


def status(process: Path) -> dict[str, str]:
    """The lines of the kernel on a process, without units."""
    lines = (process / "status").read_text().splitlines()
    return {
        line.partition(":")[0]: line.partition(":")[2].strip().removesuffix(" kB") for line in lines
    }


class Plays:
    """One player, and how often it played to the end."""

    def __init__(self, counts: Counter[str]) -> None:
        self._counts = counts
        self._ended = threading.Semaphore(0)

    def count(self, event: Event) -> None:
        self._counts[event.event] += 1
        if event.event == "PLAY_REACHED_100":
            self._ended.release()

    def run(self, test: type[test_conformance.Live], video: str, row: list[int]) -> None:
        """Play the video as often as ``row`` says, and meet the others after each number."""
        with Tracker(on_event=self.count) as tracker, test().connect(tracker) as player:
            for times in row:
                for n in range(times):
                    player.load(video, entry_id=f"1_{n % 7}")
                    player.play()
                    assert self._ended.acquire(timeout=TIMEOUT), self._counts
                BARRIER.wait(TIMEOUT)
                BARRIER.wait(TIMEOUT)


BARRIER = threading.Barrier(AT_ONCE + 1)


def main(name: str, video: str, total: str) -> None:
    counts: Counter[str] = Counter()
    row = [WARM, (int(total) // AT_ONCE - WARM) // 2, 0]
    row[2] = int(total) // AT_ONCE - row[0] - row[1]
    test = getattr(test_conformance, name)
    test.video = video
    threads = [
        threading.Thread(target=Plays(counts).run, args=(test, video, row), daemon=True)
        for _ in range(AT_ONCE)
    ]
    for thread in threads:
        thread.start()
    measured = []
    for _ in row:
        BARRIER.wait(int(total) * TIMEOUT)
        measured.append(used())
        BARRIER.wait(TIMEOUT)
    for thread in threads:
        thread.join()
    json.dump({"counts": counts, "used": measured}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
