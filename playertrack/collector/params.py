"""A request as API v3 reads it: parameters of path, query and body, merged."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import attrs

#: Parameters of a form; more are no request that anybody means.
_MOST_FIELDS = 1000

_NESTED = re.compile(r"^([^\[:]+)(?:\[([^\]]*)\]|:(.+))$")


class UnreadableError(Exception):
    """A body that is none of what the service reads."""


@attrs.frozen
class ApiCall:
    """A call of a service; ``params`` has objects as mappings, all else as text."""

    service: str
    action: str
    params: Mapping[str, Any]

    def text(self, name: str) -> str:
        """A parameter as text; empty if it is not there."""
        value = self.params.get(name)
        return value if isinstance(value, str) else ""

    def fields(self, name: str) -> Mapping[str, str] | None:
        """An object among the parameters; None if it is none."""
        value = self.params.get(name)
        return value if isinstance(value, dict) else None


def read_call(path: str, query: str, content_type: str, body: bytes) -> ApiCall | None:
    """The call that a request makes; None if its path is none of the API's.

    What the URL says goes before what the body says, as on the server. Raises
    `UnreadableError`.
    """
    segments = [part for part in path.split("/") if part]
    if segments[:1] == ["api_v3"]:
        del segments[0]
    if segments == ["index.php"]:
        of_path: list[tuple[str, str]] = []
    elif segments[:1] == ["service"]:
        of_path = list(zip(segments[::2], segments[1::2], strict=False))
    else:
        return None
    flat = {**_of_body(content_type, body), **dict(_pairs(query)), **dict(of_path)}
    service, action = flat.pop("service", ""), flat.pop("action", "")
    return ApiCall(str(service), str(action), _nested(flat))


def _of_body(content_type: str, body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    if content_type == "application/json":
        try:
            found = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise UnreadableError("the body is no JSON") from error
        if not isinstance(found, dict):
            raise UnreadableError("the body is no JSON object")
        return {name: _text(value) for name, value in found.items()}
    try:
        return dict(_pairs(body.decode()))
    except UnicodeDecodeError as error:
        raise UnreadableError("the body is no text") from error


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise UnreadableError("too many fields") from error


def _text(value: Any) -> Any:
    """A JSON value as a form would have it."""
    if isinstance(value, dict):
        return {name: _text(inner) for name, inner in value.items()}
    if isinstance(value, str):
        return value
    return json.dumps(value)


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """``event[eventType]`` and ``event:eventType`` are both a field of the object ``event``."""
    params: dict[str, Any] = {}
    for name, value in flat.items():
        match = _NESTED.match(name)
        if match is None:
            params.setdefault(name, value)
            continue
        outer = params.setdefault(match[1], {})
        if isinstance(outer, dict):
            outer[match[2] or match[3] or ""] = value
    return params
