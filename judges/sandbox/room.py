"""The room a program writes in: what it may fill there, and that nothing of it stays."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from judges.sandbox.unavailable import SandboxUnavailable
from judges.sandbox.unprivileged import USER, is_root, scratch_root

_PREFIX = "evalsite-sandbox-"
_OWN_FOLDER = Path("/scratch")
_MOST_REPORT = 4096
_OLD_S = 600
# Deeper or fuller than any honest program needs, and cheap to walk ten times a second.
_MOST_ENTRIES, _MOST_DEPTH, _ENTRY_BYTES = 4096, 32, 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A folder as the program sees it; in T1, `report` is where bwrap tells who is inside."""

    folder: Path
    report: int | None = None

    def is_beyond(self, most_bytes: int) -> bool:
        """Tell whether more lies in here than that, or more entries than any program needs."""
        if self.report is None:
            return _is_beyond(self.folder, most_bytes=most_bytes)
        return _is_crowded(self.report, most_bytes=most_bytes)


@contextmanager
def own_room() -> Iterator[Room]:
    """Give the room of T1, a file system of its own, capped by the kernel; it ends with the run."""
    with open(os.memfd_create("report"), "rb", buffering=0) as report:
        yield Room(folder=_OWN_FOLDER, report=report.fileno())


@contextmanager
def shared_room() -> Iterator[Room]:
    """Make a folder that the program's user owns; afterwards it is gone, however deep.

    Raises SandboxUnavailable where it cannot be made, such as on a full disk.
    """
    with ExitStack() as stack:
        try:
            folder = _made(stack)
        except OSError as error:
            raise SandboxUnavailable(f"no folder for the program: {error}") from error
        yield Room(folder=folder)


def _made(stack: ExitStack) -> Path:
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=scratch_root()))
    stack.callback(os.close, _hold(folder))
    stack.callback(_remove, folder)
    if is_root():
        os.chown(folder, USER, USER)
    return folder


def sweep() -> None:
    """Remove the folders of workers that were killed: old, and held by nobody.

    What cannot be removed belongs to somebody else, or is just being removed by another worker.
    """
    for folder in scratch_root().glob(f"{_PREFIX}*"):
        with suppress(OSError, subprocess.CalledProcessError):
            if time.time() - folder.stat().st_mtime > _OLD_S:
                held = _hold(folder)
                _remove(folder)
                os.close(held)


def _hold(folder: Path) -> int:
    """Lock a folder for as long as the descriptor is open: the kernel opens it with the worker."""
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise
    return held


def _remove(folder: Path) -> None:
    """Remove a folder: `rm` follows no link, and knows no limit of depth as shutil does."""
    with suppress(OSError):
        folder.rmdir()  # most programs leave it empty
    if not folder.exists():
        return
    remove = ["rm", "-rf", "--one-file-system", "--", str(folder)]
    if subprocess.run(remove, stderr=subprocess.DEVNULL, check=False).returncode:
        # The program may have locked what it owned.
        subprocess.run(["chmod", "-R", "u+rwx", "--", str(folder)], check=True)
        subprocess.run(remove, check=True)


def _is_crowded(report: int, *, most_bytes: int) -> bool:
    """Count the entries of a capped file system, whose empty files cost only kernel memory.

    It is looked at through the process inside, which cannot put anything else in its place. Where
    the worker has no right to look, only the processor time bounds them.
    """
    told = os.pread(report, _MOST_REPORT, 0)
    if not told.rstrip().endswith(b"}"):
        return False
    try:
        room = os.statvfs(f"/proc/{json.loads(told)['child-pid']}/root{_OWN_FOLDER}")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False
    # Until bwrap has built the sandbox, a folder of that name is some other one, and larger.
    is_ours = room.f_blocks * room.f_frsize <= most_bytes + room.f_frsize
    return is_ours and room.f_files - room.f_ffree > _MOST_ENTRIES


def _is_beyond(folder: Path, *, most_bytes: int) -> bool:
    try:
        return _is_overfull(folder, most_bytes=most_bytes)
    except PermissionError:
        return True  # what was locked cannot be watched


def _is_overfull(folder: Path, *, most_bytes: int) -> bool:
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
