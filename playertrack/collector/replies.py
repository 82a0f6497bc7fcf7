"""Answers in the shapes of the real servers."""

from __future__ import annotations

import json
from typing import Any

import attrs

#: What somebody's hotel sends instead of the answer.
PORTAL = (
    "<!doctype html>\n<html><head><title>Welcome</title></head>"
    "<body><h1>Welcome</h1><p>Please accept our terms to go on.</p></body></html>\n"
)

_MESSAGES = {
    "INVALID_KS": 'Invalid KS "{KSID}", Error "{ERR_CODE},{ERR_DESC}"',
    "MISSING_KS": "Missing KS, session not established",
    "MISSING_MANDATORY_PARAMETER": 'Missing parameter "{PARAM_NAME}"',
    "INVALID_ENUM_VALUE": 'Invalid enumeration value "{ENUM_VAL}" for parameter "{PARAM_NAME}", '
    'expecting enumeration type "{ENUM_TYPE}"',
    "INVALID_PARAMETER_CHAR": 'Invalid char in "{XML_FIELD}" field',
    "PROPERTY_VALIDATION_WRONG_FORMAT": 'The property "{PROP}" has a wrong format',
    "SERVICE_DOES_NOT_EXISTS": 'Service "{SERVICE_NAME}" does not exists',
    "ACTION_DOES_NOT_EXISTS": 'Action "{ACTION_NAME}" does not exists for service "{SERVICE_NAME}"',
    "START_SESSION_ERROR": "Error while starting session for partner [{PID}]",
    "APP_TOKEN_ID_NOT_FOUND": "Application token id not found",
    "INVALID_APP_TOKEN_HASH": "Invalid application token hash",
}


@attrs.frozen
class Reply:
    """An answer: ``outcome`` names it, ``accepted`` if an event was taken."""

    body: str
    status: int = 200
    content_type: str = "application/json"
    outcome: str = "accepted"
    accepted: bool = True


def found(value: Any) -> Reply:
    """``value`` as JSON."""
    return Reply(json.dumps(value))


def refused(code: str, **args: str) -> Reply:
    """An error as API v3 reports it: with status 200, and ``[]`` where there is nothing to say."""
    message = _MESSAGES[code].format(**args)
    body = {"code": code, "message": message, "objectType": "KalturaAPIException"}
    text = json.dumps(body | {"args": args or []}, separators=(",", ":"))
    return Reply(text, outcome=code, accepted=False)


def refused_ks(shown: str) -> Reply:
    """INVALID_KS: the server repeats the KS, or a word such as EXPIRED in its place."""
    return refused("INVALID_KS", KSID=shown, ERR_CODE="-1", ERR_DESC="INVALID_STR")


def plain_text(status: int, text: str) -> Reply:
    """An error as the analytics server and others report it."""
    return Reply(f"{text}\n", status, "text/plain", f"HTTP {status}", accepted=False)


def portal() -> Reply:
    """The page of a captive portal."""
    return Reply(PORTAL, 200, "text/html", "a page of HTML", accepted=False)
