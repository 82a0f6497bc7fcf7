"""Nothing that people read holds a secret (Q-secret)."""

from __future__ import annotations

import json
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playertrack.destinations.kaltura import redact_ks
from playertrack.destinations.kaltura.local_ks import ks_v1, ks_v2

SECRET = "00112233445566778899aabbccddeeff"
V1 = ks_v1(SECRET, 102, expires_at=1700086400, random=12345, privileges="appId:my-player")
V2 = ks_v2(SECRET, 102, expires_at=1700086400, random=bytes(range(16)))
SHORT = "k3y"


@pytest.mark.parametrize("ks", [V1, V2], ids=["v1", "v2"])
@pytest.mark.parametrize(
    "place",
    [
        "{}",
        "https://host/index.php?service=stats&ks={}&format=1",
        "POST body ks={}",
        'Invalid KS "{}", Error "-1,INVALID_STR"',
        '{{"args": {{"KSID": "{}"}}}}',
        "{{'ks': '{}'}}",
        "ClientResponseError(url=URL('http://127.0.0.1:1/?ks={}'))",
        "got [{}]",
    ],
)
def test_a_ks_is_found_wherever_it_is(ks: str, place: str) -> None:
    for spelled in (ks, quote_plus(ks), json.dumps(ks)[1:-1]):
        shown = redact_ks(place.format(spelled))
        assert "***" in shown
        for part in range(0, len(ks) - 16, 16):
            assert ks[part : part + 16] not in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ks=k3y", "ks=***"),
        ("a=1&ks=k3y&b=2", "a=1&ks=***&b=2"),
        ("secret=k3y", "secret=***"),
        ("tokenHash=k3y, more", "tokenHash=***, more"),
        ('{"ks": "k3y"}', '{"ks": "***"}'),
        ("{'adminSecret': 'k3y'}", "{'adminSecret': '***'}"),
        ('{\\"ks\\":\\"k3y\\"}', '{\\"ks\\":\\"***\\"}'),
        ('Invalid KS "k3y", Error', 'Invalid KS "***", Error'),
        ('"KSID":"k3y"', '"KSID":"***"'),
        (f"key {SECRET}.", "key ***."),
    ],
)
def test_short_secrets_are_found_by_where_they_are(text: str, shown: str) -> None:
    assert redact_ks(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        'Invalid KS "EXPIRED", Error "-1,INVALID_STR"',
        '{"KSID":"EXCEEDED_RESTRICTED_IP"}',
        "HTTP 503: upstream connect error",
        "session 666cf48a-ad9a-573c-ad1a-73fed9b967d7",
        "1_abc at https://host/service/stats/action/collect",
        "tasks=5, thanks=no",
        "",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact_ks(text) == text


def test_known_secrets_are_found_in_any_spelling() -> None:
    secret = "p+q/r=&s"
    for text in (secret, quote_plus(secret), f"<{secret}>"):
        assert "***" in redact_ks(text, [secret])
        assert "p" not in redact_ks(text, ["", secret])


@given(st.text(), st.lists(st.text()))
def test_it_never_fails(text: str, secrets: list[str]) -> None:
    shown = redact_ks(text, secrets)
    for secret in secrets:
        if secret and not set(secret) & set("*"):
            assert secret not in shown
