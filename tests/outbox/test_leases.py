"""When rows that are delivered are removed: many at a time, however fast they are."""

from __future__ import annotations

import pytest

from playertrack.outbox import transit as module
from playertrack.outbox.transit import MANY, Leases


def test_what_is_delivered_during_a_commit_has_all_of_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr(module, "monotonic", lambda: now)
    leases = Leases()
    assert leases.due_in(9.0) == 9.0
    assert leases.deliver(1)
    assert leases.due_in(9.0) == 0.5
    now += 0.5
    assert leases.due_in(9.0) == 0.0
    gone = leases.delivered()
    assert not leases.deliver(2)  # while they are being removed
    leases.removed(len(gone))
    assert leases.due_in(9.0) == 0.5
    assert leases.delivered() == [2]


def test_many_are_removed_at_once() -> None:
    leases = Leases()
    delivered = [seq for seq in range(1, MANY + 1) if leases.deliver(seq)]
    assert delivered == [1, MANY]
    assert leases.due_in(9.0) == 0.0


def test_fewer_are_removed_while_the_disk_is_at_work_anyway() -> None:
    leases = Leases()
    for seq in range(1, MANY // 4):
        leases.deliver(seq)
    assert not leases.due(at_work=True)
    leases.deliver(MANY // 4)
    assert leases.due(at_work=True)
    assert not leases.due(at_work=False)
