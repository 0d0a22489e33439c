"""Keep a password that nobody chose where only its owner may read it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from tempfile import NamedTemporaryFile


def keep_password(path: Path, *, n_bytes: int = 12) -> str:
    """Answer the password in the file; without one, make one that only its owner may read.

    Of processes that come at the same time one makes it, and none reads half of it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        with NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}-") as file:
            file.write(secrets.token_urlsafe(n_bytes) + "\n")
            file.flush()
            _link(Path(file.name), path)
    return path.read_text().strip()


def _link(made: Path, path: Path) -> None:
    try:
        os.link(made, path)
    except FileExistsError:
        return  # another process was quicker, and its password stands
