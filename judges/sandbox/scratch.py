"""The folder a program writes in where it has no file system of its own (T2 and trusted)."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from judges.sandbox.unprivileged import USER, is_root, scratch_root

_PREFIX = "evalsite-sandbox-"
# Deeper or fuller than any honest program needs, and cheap to walk ten times a second.
_MOST_ENTRIES, _MOST_DEPTH, _ENTRY_BYTES = 4096, 32, 4096


@contextmanager
def scratch() -> Iterator[Path]:
    """Make an empty folder that the program's user owns; afterwards it is gone, however deep."""
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=scratch_root()))
    try:
        if is_root():
            os.chown(folder, USER, USER)
        yield folder
    finally:
        # rm walks by descriptors, follows no link, and has no limit of depth as shutil's has.
        subprocess.run(["rm", "-rf", "--one-file-system", "--", folder], check=True)


def is_beyond(folder: Path, *, most_bytes: int) -> bool:
    """Tell whether a folder holds more than that, or more entries or levels than can be watched."""
    left, entries = most_bytes, _MOST_ENTRIES
    folders = [(folder, 0)]
    while folders:
        place, depth = folders.pop()
        for is_folder, path, size in _entries(place):
            left, entries = left - size - _ENTRY_BYTES, entries - 1
            if left < 0 or entries < 0 or depth > _MOST_DEPTH:
                return True
            if is_folder:
                folders.append((path, depth + 1))
    return False


def _entries(folder: Path) -> Iterator[tuple[bool, Path, int]]:
    """Yield what lies in a folder, whose owner may be removing it at this moment."""
    try:
        with os.scandir(folder) as found:
            for entry in found:
                size = entry.stat(follow_symlinks=False).st_blocks * 512
                yield entry.is_dir(follow_symlinks=False), Path(entry.path), size
    except FileNotFoundError:
        return
