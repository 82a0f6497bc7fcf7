"""When rows that are delivered are removed: many at a time, however fast they are."""

from __future__ import annotations

import pytest

from playertrack.outbox import leases as module
from playertrack.outbox.leases import MANY, Leases


def test_what_is_delivered_during_a_commit_has_all_of_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr(module, "monotonic", lambda: now)
    claims = Leases()
    assert claims.due_in() is None
    assert claims.deliver(1)
    assert claims.due_in() == 0.5
    now += 0.5
    assert claims.due_in() == 0.0
    gone = claims.delivered()
    assert not claims.deliver(2)  # while they are being removed
    claims.removed(len(gone))
    assert claims.due_in() == 0.5
    assert claims.delivered() == [2]


def test_many_are_removed_at_once() -> None:
    claims = Leases()
    told = [seq for seq in range(1, MANY + 1) if claims.deliver(seq)]
    assert told == [1, MANY]
    assert claims.due_in() == 0.0
