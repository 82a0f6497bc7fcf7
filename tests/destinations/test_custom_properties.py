"""Custom properties: given once or by media, and carried to each destination with a place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from fault_server import Server, ok

from playertrack.destinations.kaltura import Identity
from playertrack.destinations.kaltura.kava import KavaSink
from playertrack.events import Event
from playertrack.outbox import look
from playertrack.sinks import SinkError, open_sink

PAUSE = Event("PAUSE", at=1.0, session="s", index=1, entry_id="1_a", position=2.0, duration=9.0)
DEVICE = {"device": "lobby", "store": 12}


def by_media(event: Event) -> Mapping[str, Any]:
    return {"campaign": {"1_a": "spring"}.get(event.entry_id or "", "none")}


def sent(name: str, **options: Any) -> Any:
    with Server(lambda request: ok("")) as server:
        sink = open_sink(f"{name}:{server.base}", **options)
        sink.emit(PAUSE)
        assert sink.close(20.0)
        return json.loads(server.received[0].body)


@pytest.mark.parametrize(
    ("given", "expected"), [(DEVICE, DEVICE), (by_media, {"campaign": "spring"}), (None, None)]
)
def test_http_and_cloudevents_have_them_in_the_event(given: Any, expected: Any) -> None:
    [record] = sent("http", properties=given)
    assert record.get("properties") == expected
    [cloud] = sent("cloudevents", properties=given)
    assert cloud["data"].get("properties") == expected


def test_segment_has_them_among_its_own_which_win() -> None:
    properties = sent("segment", properties={**DEVICE, "session_id": "mine"})["batch"][0]
    assert properties["properties"] | DEVICE == properties["properties"]
    assert properties["properties"]["session_id"] == "s"


def test_xapi_has_them_as_extensions() -> None:
    [statement] = sent("xapi", properties={"the store": 12})
    assert statement["context"]["extensions"]["playertrack:property:the%20store"] == 12


def test_kava_has_three_unless_the_identity_has_its_own() -> None:
    found = []
    for variables in ((), ("own",)):
        with Server(lambda request: ok("1")) as server:
            who = Identity(partner_id=102, custom_vars=variables)
            sink = KavaSink(who, url=server.base, properties={**DEVICE, "a": "b", "c": "d"})
            sink.emit(PAUSE)
            assert sink.close(20.0)
            fields = parse_qs(server.received[0].body.decode())
            found.append({name: fields[name][0] for name in fields if "customVar" in name})
    assert found == [
        {"customVar1": "lobby", "customVar2": "12", "customVar3": "b"},
        {"customVar1": "own"},
    ]


def test_they_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYERTRACK_PROPERTIES", json.dumps(DEVICE))
    assert sent("http")[0]["properties"] == DEVICE


@pytest.mark.parametrize("text", ["{", "[]", "5", '"x"'])
def test_an_environment_that_holds_no_object_is_named(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYERTRACK_PROPERTIES", text)
    with pytest.raises(SinkError, match="PLAYERTRACK_PROPERTIES is not a JSON object"):
        open_sink("http:https://example.com/")


def test_a_function_that_raises_costs_its_event_alone(tmp_path: Path) -> None:
    def bug(event: Event) -> Mapping[str, Any]:
        raise LookupError("no such store")

    with Server(lambda request: ok("")) as server:
        sink = open_sink(f"http:{server.base}", queue=tmp_path, properties=bug)
        sink.emit(PAUSE)
        assert sink.close(20.0)
    assert "no such store" in look(tmp_path).dead[0].reason
