"""Keep a password that nobody chose where only its owner may read it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def keep_password(path: Path, *, n_bytes: int = 12) -> str:
    """Answer the password in the file; without one, make one that only its owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(n_bytes) + "\n")
    return path.read_text().strip()
