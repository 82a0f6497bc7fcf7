"""A KS made here, against the vectors of the reference."""

from __future__ import annotations

import sys
from base64 import b64decode, b64encode, urlsafe_b64decode
from hashlib import sha1
from typing import Any
from urllib.parse import parse_qsl

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from playertrack.destinations.kaltura import WireError
from playertrack.destinations.kaltura.local_ks import ADMIN, ks_expiry, ks_v1, ks_v2, token_hash
from playertrack.errors import PlayertrackError

SECRET = "00112233445566778899aabbccddeeff"
V2 = (
    "djJ8MTAyfPxhhEsmoD7tBqxbfhvLIVYkMfiMXhHmlBjmS62sniPcSOtqqQGT0c12NuH8nAm03YHFDTBuxJUYP-xL5FeZ"
    "-IO8yydyF_PLt-uc7_amqLV68gr0omSXEP9Cj4HMfMGpKfWtDyoTN47nM47_lE6dH0SuuK68XrPzikuyPVBdpvCV"
)
V1 = (
    "YjlmNzc5MjAyMTJhODYwMDg2MWQ4NDVkOTkzYmEyNmU3NzBkMzc0YnwxMDI7MTAyOzE3MDAwODY0MDA7MDsxMjM0NTt2"
    "aWV3ZXJAZXhhbXBsZS5jb207YXBwSWQ6bXktY3VzdG9tLXBsYXllcg=="
)
ROLE = "appId:my-custom-player,setrole:PLAYBACK_BASE_ROLE"


def test_the_vector_of_version_2() -> None:
    made = ks_v2(
        SECRET,
        102,
        expires_at=1700086400,
        random=bytes(range(16)),
        user_id="viewer@example.com",
        privileges=ROLE,
    )
    assert made == V2


def test_the_vector_of_version_1() -> None:
    made = ks_v1(
        SECRET,
        102,
        expires_at=1700086400,
        random=12345,
        user_id="viewer@example.com",
        privileges="appId:my-custom-player",
    )
    assert made == V1


def test_the_vector_of_the_token_hash() -> None:
    expected = "77693407e9889ba53ae2368ae48f984d61f09a498e0c1880bee27ff3a96fceaf"
    assert token_hash("WIDGETKS", "TOKEN", "SHA256") == expected
    assert token_hash("a", "b") == sha1(b"ab", usedforsecurity=False).hexdigest()
    assert token_hash("a", "b", "sha512") == token_hash("a", "b", "SHA512")
    with pytest.raises(WireError, match="hash_type"):
        token_hash("a", "b", "CRC32")


def opened(ks: str) -> list[tuple[str, str]]:
    """The fields that a server reads in a KS of version 2."""
    plain = urlsafe_b64decode(ks)
    assert plain.startswith(b"v2|102|")
    key = sha1(SECRET.encode(), usedforsecurity=False).digest()[:16]
    decryptor = Cipher(AES(key), CBC(bytes(16))).decryptor()
    text = decryptor.update(plain[7:]).rstrip(b"\0")
    assert text[:20] == sha1(text[20:], usedforsecurity=False).digest()
    return parse_qsl(text[36:].decode(), keep_blank_values=True, strict_parsing=True)


@pytest.mark.parametrize(
    ("privileges", "read"),
    [
        ("", []),
        ("*", [("all", "*")]),
        (" appId:a , enableentitlement ,", [("appId", "a"), ("enableentitlement", "")]),
        ("urirestrict:a|b*,x:1.2.3.4", [("urirestrict", "a|b*"), ("x", "1.2.3.4")]),
        ("a:1,b:x:y,a:2", [("a", "2"), ("b", "x:y")]),
    ],
)
def test_privileges_are_passed_on(privileges: str, read: list[tuple[str, str]]) -> None:
    made = ks_v2(
        *(SECRET, 102),
        expires_at=5,
        random=b"\xff" * 16,
        type=ADMIN,
        user_id="ü @",
        privileges=privileges,
    )
    assert opened(made) == [*read, ("_e", "5"), ("_t", "2"), ("_u", "ü @")]


def test_only_version_1_contains_its_expiry() -> None:
    assert ks_expiry(V1) == 1700086400
    nine = b64decode(V1).decode() + ";more;fields"
    assert ks_expiry(b64encode(nine.encode()).decode()) == 1700086400
    for other in (
        V2,
        V1[:-8] + "-_" + V1[-6:],
        "",
        "x",
        "é",
        "no base64!",
        b64encode(b"a|b;c").decode(),
    ):
        assert ks_expiry(other) is None


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"partner_id": 0}, "partner_id"),
        ({"partner_id": True}, "partner_id"),
        ({"expires_at": 0}, "expires_at"),
        ({"type": -1}, "type"),
    ],
)
def test_bad_values_are_refused_by_name(words: dict[str, int], field: str) -> None:
    known: dict[str, Any] = {"partner_id": 102, "expires_at": 5} | words
    with pytest.raises(WireError) as refused:
        ks_v1(SECRET, random=1, **known)
    assert refused.value.field == field
    with pytest.raises(WireError):
        ks_v2(SECRET, random=bytes(16), **known)


def test_what_version_1_cannot_hold_is_refused() -> None:
    wrong: list[dict[str, Any]] = [{"user_id": "a;b"}, {"privileges": "a:b;c"}]
    for words in wrong:
        with pytest.raises(WireError, match=rf"{next(iter(words))}.*semicolon"):
            ks_v1(SECRET, 102, expires_at=5, random=1, **words)
    with pytest.raises(WireError, match="16 bytes"):
        ks_v2(SECRET, 102, expires_at=5, random=b"short")


def test_without_the_extra_version_2_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers", None)
    with pytest.raises(PlayertrackError, match=r"playertrack\[ks\]"):
        ks_v2(SECRET, 102, expires_at=5, random=bytes(16))
    assert ks_v1(SECRET, 102, expires_at=5, random=1)
