"""A KS made here from the secret of a partner, as the server would make it (wire, 6).

Whoever has the secret can do anything to the account. It belongs on servers, never on devices
that viewers can reach.
"""

from __future__ import annotations

from base64 import b64decode, b64encode, urlsafe_b64encode
from hashlib import sha1
from urllib.parse import urlencode

from ...errors import PlayertrackError
from .fields import WireError

USER, ADMIN = 0, 2

_BLOCK = 16


def ks_v2(
    secret: str,
    partner_id: int,
    *,
    expires_at: int,
    random: bytes,
    type: int = USER,  # noqa: A002 - the word of the API
    user_id: str = "",
    privileges: str = "",
) -> str:
    """A KS of version 2, which is encrypted.

    ``expires_at`` is in Unix seconds, ``random`` has 16 bytes that nobody can guess;
    ``privileges`` are as in ``appId:my-player,setrole:PLAYBACK_BASE_ROLE``. Raises
    `WireError` for bad values, `PlayertrackError` if the package ``cryptography`` is missing.
    """
    _check(partner_id, type, expires_at)
    if len(random) != _BLOCK:
        raise WireError("random", f"{len(random)} bytes", f"{_BLOCK} bytes")
    fields = {
        **_privileges(privileges),
        "_e": str(expires_at),
        "_t": str(type),
        "_u": user_id,
    }
    plain = random + urlencode(fields).encode()
    plain = sha1(plain, usedforsecurity=False).digest() + plain
    cipher = _encrypted(plain, sha1(secret.encode(), usedforsecurity=False).digest()[:_BLOCK])
    return urlsafe_b64encode(f"v2|{partner_id}|".encode() + cipher).decode()


def ks_v1(
    secret: str,
    partner_id: int,
    *,
    expires_at: int,
    random: int,
    type: int = USER,  # noqa: A002 - the word of the API
    user_id: str = "",
    privileges: str = "",
) -> str:
    """A KS of version 1, which anybody can read but only the secret can sign.

    As `ks_v2`, but ``random`` is any number, and texts may hold no semicolon.
    """
    _check(partner_id, type, expires_at)
    for name, value in (("user_id", user_id), ("privileges", privileges)):
        if ";" in value:
            raise WireError(name, value, "no semicolon in a KS of version 1")
    info = f"{partner_id};{partner_id};{expires_at};{type};{random};{user_id};{privileges}"
    signature = sha1((secret + info).encode(), usedforsecurity=False).hexdigest()
    return b64encode(f"{signature}|{info}".encode()).decode()


def ks_expiry(ks: str) -> int | None:
    """When a KS expires (Unix seconds): one of version 1 contains it, for others it is None.

    >>> ks_expiry(ks_v1("secret", 102, expires_at=1700086400, random=1))
    1700086400
    """
    try:
        text = b64decode(ks, validate=True).decode()
        return int(text.partition("|")[2].split(";")[2])
    except (ValueError, IndexError):
        return None


def token_hash(ks: str, token: str, hash_type: str = "SHA1") -> str:
    """The ``tokenHash`` of appToken.startSession: HASH(ks + token) in lower-case hex.

    ``hash_type`` is that of the token: MD5, SHA1, SHA256 or SHA512; others are a `WireError`.
    """
    from hashlib import new

    if hash_type.upper() not in ("MD5", "SHA1", "SHA256", "SHA512"):
        raise WireError("hash_type", hash_type, "MD5, SHA1, SHA256 or SHA512")
    return new(hash_type.lower(), (ks + token).encode(), usedforsecurity=False).hexdigest()


def _check(partner_id: int, type_: int, expires_at: int) -> None:
    for name, value, least in (
        ("partner_id", partner_id, 1),
        ("type", type_, 0),
        ("expires_at", expires_at, 1),
    ):
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise WireError(name, value, f"a whole number, {least} or more")


def _privileges(text: str) -> dict[str, str]:
    fields = {}
    for each in filter(None, map(str.strip, text.split(","))):
        name, _, value = ("all:*" if each == "*" else each).partition(":")
        fields[name] = value
    return fields


def _encrypted(plain: bytes, key: bytes) -> bytes:
    try:
        from cryptography.hazmat.primitives.ciphers import Cipher
        from cryptography.hazmat.primitives.ciphers.algorithms import AES
        from cryptography.hazmat.primitives.ciphers.modes import CBC
    except ImportError:
        raise PlayertrackError(
            "a KS of version 2 is encrypted: install playertrack[ks], or use version 1"
        ) from None
    encryptor = Cipher(AES(key), CBC(bytes(_BLOCK))).encryptor()
    return encryptor.update(plain + bytes(-len(plain) % _BLOCK)) + encryptor.finalize()
