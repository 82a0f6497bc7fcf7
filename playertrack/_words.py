"""Words that messages share: numbers with nouns, names from outside, what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable


def counted(number: int, noun: str) -> str:
    """``number`` with ``noun`` in the singular or with an s.

    >>> counted(1, "session"), counted(2, "session"), counted(0, "session")
    ('1 session', '2 sessions', 'no sessions')
    """
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def plain(text: str) -> str:
    """``text`` from outside, unless it would move the cursor."""
    return text if text.isprintable() else repr(text)


def one_word(text: str) -> str:
    """``text`` from outside, unless it would move the cursor or look like two columns."""
    return text if text.isprintable() and text and " " not in text else repr(text)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``; did you mean X?`` if one of the names ``known`` is close to ``name``, else nothing.

    >>> did_you_mean("SEKE", ["SEEK", "PLAY"])
    '; did you mean SEEK?'
    """
    from difflib import get_close_matches

    same = {each.casefold(): each for each in known}
    near = get_close_matches(name[:100].casefold(), same, n=1)
    return f"; did you mean {same[near[0]]}?" if near else ""
