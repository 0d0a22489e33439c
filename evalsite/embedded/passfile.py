"""Keep the passwords of the embedded server's roles where only libpq looks: in its passfile."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile


def read(path: Path) -> dict[str, str]:
    """Give the password of each role in the file; empty if there is no file."""
    lines = path.read_text().splitlines() if path.exists() else []
    fields = [line.split(":") for line in lines if line]
    return {user: password for *_, user, password in fields}


def ensure(path: Path, *, roles: Iterable[str]) -> dict[str, str]:
    """Give each role a random password unless it has one, and keep them all in the file."""
    known = read(path)
    missing = {role: secrets.token_urlsafe(24) for role in roles if role not in known}
    if missing:
        known |= missing
        _replace(path, "".join(f"*:*:*:{role}:{word}\n" for role, word in known.items()))
    return known


def _replace(path: Path, text: str) -> None:
    # A temporary file is born with mode 0600, which libpq demands.
    with NamedTemporaryFile("w", dir=path.parent, prefix=path.name, delete=False) as draft:
        draft.write(text)
        draft.flush()
        os.fsync(draft.fileno())
    Path(draft.name).replace(path)
