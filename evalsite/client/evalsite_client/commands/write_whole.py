"""Write a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from evalsite_client.errors import FileUnfit


def write_whole(path: Path, content: bytes) -> None:
    """Put the content in the place of what was there; raises FileUnfit."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft:
            draft.write(content)
        os.chmod(draft.name, 0o644)
        os.replace(draft.name, path)
    except OSError as error:
        raise FileUnfit(f"{path}: {error.strerror}") from None
