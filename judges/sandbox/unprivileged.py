"""Root never runs judged code: how a worker of root starts a command as a user without rights.

The Python to run may lie where that user cannot go (`/root`). No permission is changed for that:
a mount namespace of its own, kept open by a descriptor, shows it there and nothing else of the
closed folder.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path

from judges.sandbox.interpreter import closed_door
from judges.sandbox.unavailable import SandboxUnavailable

# No account has this number, so the sandbox shares its user with nobody; containers map it too.
USER = 65533

_CLONE_NEWNS = 0x00020000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_REMOUNT = 1, 2, 4, 32
_MS_BIND, _MS_REC, _MS_SLAVE = 0x1000, 0x4000, 0x80000

_lock = threading.Lock()
_namespaces: dict[tuple[int, tuple[Path, ...]], int] = {}


def is_root() -> bool:
    """Tell whether this process is user 0."""
    return os.geteuid() == 0


def prefix(readable: Iterable[Path]) -> list[str]:
    """Give the words before a command that let root run it without rights; none for others."""
    if not is_root():
        return []
    nsenter = shutil.which("nsenter")
    if nsenter is None:
        raise SandboxUnavailable(
            "a worker of root needs nsenter of util-linux to give up its rights"
        )
    hidden = tuple(path for path in readable if closed_door(path))
    drop = [f"--setuid={USER}", f"--setgid={USER}"]
    return [nsenter, *([f"--mount={_namespace(hidden)}"] if hidden else []), *drop, "--"]


def scratch_root() -> Path:
    """Give a folder for scratch folders that the user without rights can reach."""
    places = map(Path, (tempfile.gettempdir(), "/tmp", "/var/tmp"))  # noqa: S108
    for place in places:
        if place.is_dir() and not (is_root() and closed_door(place / "scratch")):
            return place.resolve()
    raise SandboxUnavailable("no temporary folder can be reached by a user without rights")


def _namespace(hidden: tuple[Path, ...]) -> str:
    """Give the path of a mount namespace that shows the hidden paths; it is made once a process."""
    with _lock:
        key = (os.getpid(), hidden)
        if key not in _namespaces:
            _namespaces[key] = _in_thread(hidden)
        return f"/proc/{os.getpid()}/fd/{_namespaces[key]}"


def _in_thread(hidden: tuple[Path, ...]) -> int:
    """Make it in a thread that ends: only that thread leaves the namespace of the worker."""
    made: list[int | OSError] = []
    thread = threading.Thread(target=_make, args=(hidden, made))
    thread.start()
    thread.join()
    if isinstance(made[0], OSError):
        raise SandboxUnavailable(f"{hidden[0]} is closed to a user without rights ({made[0]})")
    return made[0]


def _make(hidden: tuple[Path, ...], made: list[int | OSError]) -> None:
    try:
        _call("unshare", _CLONE_NEWNS)
        os.umask(0o022)  # from here on this thread has an umask of its own
        # What is unmounted outside goes here too; what is mounted here never shows outside.
        _mount("none", Path("/"), flags=_MS_REC | _MS_SLAVE)
        _show(hidden)
        made.append(os.open("/proc/thread-self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC))
    except OSError as error:
        made.append(error)


def _show(hidden: tuple[Path, ...]) -> None:
    """Cover each closed folder with an empty open one, and show the paths in it, read-only."""
    sources = {path: os.open(path, os.O_PATH | os.O_CLOEXEC) for path in hidden}
    is_folder = {path: path.is_dir() for path in hidden}
    for door in {door for path in hidden if (door := closed_door(path))}:
        _mount(
            "tmpfs", door, kind="tmpfs", flags=_MS_NOSUID | _MS_NODEV, options="mode=755,size=1m"
        )
    for path, source in sources.items():
        (path if is_folder[path] else path.parent).mkdir(mode=0o755, parents=True, exist_ok=True)
        if not is_folder[path]:
            path.touch(exist_ok=True)
        _mount(f"/proc/self/fd/{source}", path, flags=_MS_BIND)
        read_only = _MS_BIND | _MS_REMOUNT | _MS_RDONLY | _MS_NOSUID | _MS_NODEV
        _mount("none", path, flags=read_only)
        os.close(source)


def _mount(source: str, target: Path, *, flags: int, kind: str = "", options: str = "") -> None:
    _call(
        "mount",
        source.encode(),
        bytes(target),
        kind.encode() or None,
        ctypes.c_ulong(flags),
        options.encode() or None,
    )


def _call(name: str, *arguments: object) -> None:
    """Call the C library; raise OSError where it fails."""
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
