"""The form of an API key: `evs_`, its public id, its secret part, and a checksum.

    evs_  Hq3xT0aZbV9c  32 random characters  6 characters
          public id     secret                CRC-32 of all before

All of it is base62, so that it can be selected by a double click and needs no quoting. The prefix
and the checksum let scanners of repositories know a leaked key from a random text, and let a slip
be refused without asking the database.
"""

from __future__ import annotations

import re
import secrets
import string
import zlib
from typing import Final, NamedTuple

PREFIX: Final = "evs_"
PUBLIC_LENGTH: Final = 12
_SECRET_LENGTH: Final = 32
_CHECKSUM_LENGTH: Final = 6
_BASE62: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_FORM: Final = re.compile(
    rf"{PREFIX}[0-9A-Za-z]{{{PUBLIC_LENGTH + _SECRET_LENGTH + _CHECKSUM_LENGTH}}}"
)


class Token(NamedTuple):
    """A key, and the public part of it that names it."""

    text: str
    public_id: str


def new_token() -> Token:
    """Make a key that nobody has: 190 random bits in its secret part."""
    public_id = _random(PUBLIC_LENGTH)
    body = PREFIX + public_id + _random(_SECRET_LENGTH)
    return Token(body + _checksum(body), public_id)


def public_id_of(token: str) -> str | None:
    """Answer the public id in a key; None for what is no key or has a wrong checksum."""
    if not _FORM.fullmatch(token):
        return None
    body, checksum = token[:-_CHECKSUM_LENGTH], token[-_CHECKSUM_LENGTH:]
    return token[len(PREFIX) :][:PUBLIC_LENGTH] if checksum == _checksum(body) else None


def _random(length: int) -> str:
    return "".join(secrets.choice(_BASE62) for _ in range(length))


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_BASE62))
        digits = _BASE62[digit] + digits
    return digits
