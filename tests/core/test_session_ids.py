"""Session ids: the same signals give the same ones, by the rule of UUIDs made of names."""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

from hypothesis import given
from hypothesis import strategies as st

from playertrack import offline_ids
from playertrack.signals import MAX_AT

_texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.none() | _texts, st.integers(1, 1000), st.floats(-MAX_AT, MAX_AT))
def test_an_offline_id_is_the_uuid_of_a_name(player: str | None, ordinal: int, at: float) -> None:
    name = f"playertrack:{player or ''}:{ordinal}:{round(at * 1000)}"
    assert offline_ids(player, ordinal, at) == str(uuid5(NAMESPACE_URL, name))
