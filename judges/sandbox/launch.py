"""The command that starts an interpreter in each tier, and what it is told first."""

from __future__ import annotations

import marshal
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from types import CodeType

from judges.sandbox import filter, unprivileged
from judges.sandbox.interpreter import Interpreter, closed_door, interpreters, is_readable_by_all
from judges.sandbox.limits import Limits
from judges.sandbox.outcome import TierName
from judges.sandbox.room import Room
from judges.sandbox.unavailable import SandboxUnavailable

_HERE = Path(__file__).parent
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
_THREADS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program to run, or compiled code of ours, with what it finds in its folder."""

    source: str | CodeType
    files: Mapping[str, str]
    stdin: bytes
    limits: Limits


@cache
def interpreter() -> Interpreter:
    """Give the first Python that the program's user can be made to reach.

    Raises SandboxUnavailable with the reasons if there is none.
    """
    reasons: list[str] = []
    for python in interpreters():
        try:
            unprivileged.prefix(python.readable)
        except SandboxUnavailable as error:
            reasons.append(error.message)
        else:
            if not unprivileged.is_root() or all(map(is_readable_by_all, python.readable)):
                return python
            reasons.append(f"{python.executable} or its libraries are readable by their owner only")
    raise SandboxUnavailable(f"no Python to run: {'; '.join(reasons) or 'none found'}")


def words(program: Program, *, tier: TierName, room: Room, bpf: int) -> list[str]:
    """Give the command of a tier, up to the interpreter."""
    if tier == "T1":
        return _bubblewrap(room, bpf=bpf, limits=program.limits)
    return _landlock(room.folder) if tier == "T2" else []


def _bubblewrap(room: Room, *, bpf: int, limits: Limits) -> list[str]:
    """Give the command of T1 up to the interpreter; `bpf` is a descriptor to read the filter from.

    The sandbox has namespaces of its own, no /proc, a few devices, and one folder to write in.
    """
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise SandboxUnavailable("bwrap is not on the PATH")
    folder = str(room.folder)
    words = [bwrap, "--unshare-all", "--unshare-user", "--die-with-parent", "--hostname", "sandbox"]
    words += ["--uid", str(unprivileged.USER), "--gid", str(unprivileged.USER)]
    words += _view(interpreter())
    words += ["--size", str(limits.files_bytes), "--tmpfs", folder, "--chdir", folder]
    words += ["--info-fd", str(room.report), "--remount-ro", "/", "--seccomp", str(bpf), "--"]
    return [*_prefix(os.getpid(), unprivileged.is_root()), *words]


def _landlock(folder: Path) -> list[str]:
    """Give the command of T2 up to the interpreter, which then shuts itself in."""
    if unprivileged.is_root() and closed_door(folder):
        raise SandboxUnavailable(f"{folder} cannot be reached by a user without rights")
    return [*_prefix(os.getpid(), unprivileged.is_root())]


@cache
def _prefix(worker: int, is_root: bool) -> tuple[str, ...]:
    """Give what goes before a command in the process `worker`: it is good in no fork of it."""
    del worker, is_root
    return tuple(unprivileged.prefix(interpreter().readable))


@cache
def _view(python: Interpreter) -> tuple[str, ...]:
    """Show what the interpreter reads, without what is installed, and the devices.

    A link is made anew: binding what it leads to once more would cost a third of a millisecond.
    """
    words: list[str] = []
    for path in python.readable:
        is_own_link = path.is_symlink() and path.resolve() in python.readable
        words += ["--symlink", os.readlink(path)] if is_own_link else ["--ro-bind", str(path)]
        words.append(str(path))
    for path in python.installed:
        words += ["--tmpfs", str(path), "--remount-ro", str(path)]
    for device in _DEVICES:
        words += ["--dev-bind", device, device]
    return tuple(words)


def python(*, text: int, size: int) -> list[str]:
    """Give the command of the interpreter; it reads what to run from the descriptor `text`."""
    first = (
        f"import marshal,posix;c,k=marshal.loads(posix.pread({text},{size},0));"
        f"posix.close({text});exec(c);enter(**k)"
    )
    return [str(interpreter().executable), "-I", "-S", "-X", "utf8", "-c", first]


def orders(program: Program, *, tier: TierName, room: Room, channel: int) -> bytes:
    """Write what the interpreter runs first: our file `inside`, and what `enter` is called with.

    It is of our version, so it takes compiled code.
    """
    call = {
        "source": program.source,
        "files": {_inside(name): text for name, text in program.files.items()},
        "folder": str(room.folder),
        "channel": channel,
        "limits": _resources(program.limits, tier=tier),
        "doors": _doors(room.folder) if tier == "T2" else "",
    }
    return marshal.dumps((_inside_code(), call))


def _doors(folder: Path) -> str:
    call = {
        "readable": [str(path) for path in interpreter().readable],
        "devices": list(_DEVICES),
        "scratch": str(folder),
        "bpf": filter.program(with_metadata=True),
        "worker": os.getpid(),
    }
    return f"{_text('landlock.py')}\nshut(**{call!r})\n"


def _resources(limits: Limits, *, tier: TierName) -> dict[str, int]:
    """Give the kernel's limits; threads and signals only where just its own count."""
    most = {
        "RLIMIT_AS": limits.memory_bytes,
        "RLIMIT_CPU": limits.cpu_seconds + 1,
        "RLIMIT_FSIZE": limits.files_bytes,
        "RLIMIT_NOFILE": limits.descriptors,
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
    }
    own = {"RLIMIT_NPROC": _THREADS, "RLIMIT_SIGPENDING": _THREADS}
    return most | (own if tier == "T1" else {})


def _inside(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.name or "\0" in name:
        raise ValueError(f"a file of the scratch folder needs a plain relative name, not {name!r}")
    return str(path)


@cache
def _inside_code() -> CodeType:
    return compile(_text("inside.py"), "<inside>", "exec", dont_inherit=True, optimize=0)


@cache
def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
