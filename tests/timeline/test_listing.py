"""The lists beside a picture."""

from __future__ import annotations

import pytest

from playertrack.timeline.listing import EventItem, event_list, more


@pytest.mark.parametrize(("count", "rows"), [(1, 1), (2000, 2000), (2001, 1000)])
def test_a_list_is_shown_whole_unless_it_is_long(count: int, rows: int) -> None:
    event = EventItem(name="PAUSE", at=12.5, position=2.0)
    shown = event_list([event] * count, 10.0)
    note = more(count)
    assert len(shown.findall("tbody/tr")) == rows
    assert (note is None) == (rows == count)
    assert note is None or "the first 1,000 are listed" in (note.text or "")
