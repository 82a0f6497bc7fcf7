"""Reads records: the fields of each kind, checked."""

from __future__ import annotations

from typing import Any

from playertrack.trace import recording

from .page_words import WORDS
from .records import ElementEvent, PageEvent, Record, SetMedia


def read(record: dict[str, Any]) -> Record:
    """The record with the fields of its kind; raises `TranslationError` naming the field."""
    return recording.read(record, Record, _shape)


def _shape(base: Record) -> type[Record]:
    if base.source == "html5":
        return ElementEvent
    if base.source == "page":
        return WORDS.get(base.kind, PageEvent if base.kind == "close" else Record)
    return SetMedia if base.source == "cmd" and base.kind == "setMedia" else Record
