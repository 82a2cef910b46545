"""Keys of students and staff: shown once when they are made, kept as digests."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import NamedTuple

_KEY = re.compile(r"([0-9]{1,10})-([A-Za-z0-9_-]{32})")
#: what may be an id of a student: one word, and no formula to the spreadsheet that opens the list
_OWNER = re.compile(r"(?![=+@-])[^\s,;\"\x00-\x1f\x7f]{1,200}")
#: compared with when there is no such key, so that this takes as long
_NOBODY = bytes(32)


class Parsed(NamedTuple):
    """A key that has the form of one."""

    number: int
    secret: str


def is_owner(text: str) -> bool:
    """Tell whether a text can be the id of somebody who gets a key."""
    return _OWNER.fullmatch(text) is not None


def new_secret() -> str:
    """Return 192 random bits as text."""
    return secrets.token_urlsafe(24)


def write(number: int, secret: str) -> str:
    """Return the key that its owner is given; the number says where the digest is kept."""
    return f"{number}-{secret}"


def parse(text: str) -> Parsed | None:
    """Return the parts of a key, None when the text cannot be one."""
    found = _KEY.fullmatch(text)
    return Parsed(int(found[1]), found[2]) if found else None


def digest(secret: str) -> bytes:
    """Return what is kept of a secret. A plain sha256 does: nobody guesses 192 random bits."""
    return hashlib.sha256(secret.encode()).digest()


def matches(secret: str, kept: bytes | None) -> bool:
    """Compare in a time that says nothing about what is kept, nor whether anything is."""
    equal = hmac.compare_digest(digest(secret), _NOBODY if kept is None else kept)
    return equal and kept is not None
