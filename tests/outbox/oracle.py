"""The allowed behaviour of a queue, judged after each step of a simulation (wire, 5)."""

from __future__ import annotations

from collections.abc import Iterable

from playertrack.outbox import Counts

#: Events that are in one page at most.
A_PAGE = 16


class Oracle:
    """Knows what was put into a queue and what came out of it, and nothing of how it works."""

    def __init__(self) -> None:
        self.lanes: dict[int, str] = {}  # of every event that was emitted
        self.durable: set[int] = set()
        self.delivered: set[int] = set()
        self.rejected: set[int] = set()
        self.in_doubt: set[int] = set()  # they ended, and a crash may have taken the note
        self.waived = 0  # events that damage may have cost
        self.steps = 0
        self.missing = 0  # when it was looked at last

    def emitted(self, numbers: Iterable[int], lane: str, durable: bool) -> None:
        for number in numbers:
            self.lanes[number] = lane
            if durable:
                self.durable.add(number)

    def damaged(self, bytes_changed: int = 1) -> None:
        """So many bytes were changed: each may cost the events of its page."""
        self.waived += A_PAGE * bytes_changed

    def lost_files(self) -> None:
        """Files were cut or removed while nobody had them open: whatever was in them is gone."""
        self.waived += len(self.lanes)
        self.in_doubt |= self.delivered | self.rejected

    def crashed(self, power: bool) -> None:
        """The process died; with the ``power`` gone what was not synced is in doubt.

        What was only in memory is gone, or was on the disk though nobody knew.
        """
        if power:
            self.in_doubt |= self.delivered

    # ------------------------------------------------------------------------ what is judged

    def ended(self, number: int, *, rejected: bool = False) -> None:
        """An event is sent: Q-once, and Q-order within its lane."""
        over = self.delivered | self.rejected
        assert number not in over or number in self.in_doubt, f"Q-once: {number} comes again"
        (self.rejected if rejected else self.delivered).add(number)

    def page(self, numbers: list[int]) -> None:
        """Judge a page to send: Q-order, Q-once, and nothing that was never emitted."""
        self.steps += 1
        assert set(numbers) <= self.lanes.keys(), "it was never emitted"
        for lane in set(self.lanes.values()):
            mine = [n for n in numbers if self.lanes[n] == lane]
            assert mine == sorted(set(mine)), f"Q-order: {mine}"
        over = (self.delivered | self.rejected) - self.in_doubt
        assert not over & set(numbers), f"Q-once: {sorted(over & set(numbers))} wait again"

    def state(self, waiting: list[int], counts: Iterable[Counts], trouble: str | None) -> None:
        """All that waits, and the counters: Q-total, Q-durable, Q-damage."""
        self.page(waiting)
        missing = self.durable - set(waiting) - self.delivered - self.rejected
        self.missing = len(missing)
        counts = list(counts)
        dropped = sum(sum(each.dropped.values()) for each in counts)
        pending = sum(each.pending for each in counts)
        if trouble is None:  # else a disk that cannot be read may hold them
            assert len(missing) <= self.waived, f"Q-durable: {sorted(missing)} are gone"
            assert len(missing) <= dropped, f"Q-damage: {len(missing)} gone, {dropped} counted"
            assert pending == len(waiting), f"Q-total: {pending} pending, {len(waiting)} there"
        for each in counts:
            rest = each.delivered + each.rejected + sum(each.dropped.values()) + each.pending
            assert each.accepted == rest, f"Q-total: {each}"
            assert each.pending >= 0, f"Q-total: {each}"

    def live(self, durable: bool, trouble: str | None, next_try: float | None) -> None:
        """Q-live: what is not durable says why, and when it is tried again."""
        if not durable:
            assert trouble is not None, "Q-live: no reason"
            assert next_try is not None, "Q-live: nobody knows when"
