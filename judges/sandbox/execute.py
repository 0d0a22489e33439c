"""Running one program in a given tier: start it, watch it, tell what became of it."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from judges.sandbox import filter, launch
from judges.sandbox.inside import READY
from judges.sandbox.launch import Program
from judges.sandbox.outcome import Ended, Outcome, TierName
from judges.sandbox.room import Room, own_room, shared_room
from judges.sandbox.supervise import Stream, Watch, follow
from judges.sandbox.unavailable import SandboxUnavailable

# F_SEAL_SEAL, _SHRINK, _GROW and _WRITE; by number, so that importing this needs no Linux.
_ADD_SEALS, _SEALS = 1033, 1 | 2 | 4 | 8
_SIGNALLED = 128
_SHOWN = 300


def execute(program: Program, *, tier: TierName) -> Outcome:
    """Run a program in this tier; raise SandboxUnavailable if it could not be started in it.

    Its text goes over sealed memory, never over a disk.
    """
    begun = time.monotonic()
    with ExitStack() as stack:
        room = stack.enter_context(own_room() if tier == "T1" else shared_room())
        hears, speaks = os.pipe2(os.O_CLOEXEC)
        stack.callback(os.close, hears)
        with os.fdopen(speaks, "wb", buffering=0):
            process = stack.enter_context(_started(program, tier=tier, room=room, channel=speaks))
        watch = _watch(process, program=program, channel=hears, room=room)
        follow(watch)
        wall_ms = (time.monotonic() - begun) * 1e3
        return _outcome(watch, tier=tier, wall_ms=wall_ms)


@contextmanager
def _started(
    program: Program, *, tier: TierName, room: Room, channel: int
) -> Iterator[subprocess.Popen[bytes]]:
    """Start the process; what it is given to read is closed here once it has it."""
    orders = launch.orders(program, tier=tier, room=room, channel=channel)
    rules = filter.program() if tier == "T1" else b""
    with _memory(orders) as text, _memory(program.stdin) as stdin, _memory(rules) as bpf:
        words = launch.words(program, tier=tier, room=room, bpf=bpf)
        words += launch.python(text=text, size=len(orders))
        kept = (text, channel, *((bpf, room.report) if tier == "T1" else ()))
        try:
            process = _popen(
                words,
                stdin=stdin,
                kept=[fd for fd in kept if fd is not None],
                home=str(room.folder),
            )
        except OSError as error:
            raise SandboxUnavailable(f"it could not be started: {error}") from error
    with process:
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()


def _popen(words: list[str], *, stdin: int, kept: list[int], home: str) -> subprocess.Popen[bytes]:
    """Start a group of processes of its own, with these descriptors and the program's environment.

    bwrap leaves its own environment readable inside the sandbox, whatever it is told of it.
    """
    pipe = subprocess.PIPE
    return subprocess.Popen(
        words,
        stdin=stdin,
        stdout=pipe,
        stderr=pipe,
        pass_fds=kept,
        env={"HOME": home, "TMPDIR": home, "LC_CTYPE": "C.UTF-8"},
        cwd="/",
        start_new_session=True,
    )


@contextmanager
def _memory(content: bytes) -> Iterator[int]:
    """Give a descriptor of memory that holds this, at its beginning, and can never change."""
    memory = os.memfd_create("sandbox", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with os.fdopen(memory, "wb", buffering=0) as file:
        file.write(content)
        file.seek(0)
        fcntl.fcntl(memory, _ADD_SEALS, _SEALS)
        yield memory


def _watch(
    process: subprocess.Popen[bytes], *, program: Program, channel: int, room: Room
) -> Watch:
    pipes: dict[Stream, int] = {"channel": channel}
    if process.stdout and process.stderr:
        pipes |= {"stdout": process.stdout.fileno(), "stderr": process.stderr.fileno()}
    most = program.limits.files_bytes
    return Watch(
        process=process,
        pipes={pipe: (name, bytearray()) for name, pipe in pipes.items()},
        limits=program.limits,
        overgrown=partial(room.is_beyond, most),
    )


def _outcome(watch: Watch, *, tier: TierName, wall_ms: float) -> Outcome:
    said = {name: bytes(heard) for name, heard in watch.pipes.values()}
    if not said["channel"].startswith(READY) and watch.ended is None:
        reason = said["stderr"].decode(errors="replace").strip()[-_SHOWN:]
        raise SandboxUnavailable(f"it did not start: {reason or watch.process.returncode}")
    exit_code, by_signal = _ending(watch.process.returncode, tier=tier)
    return Outcome(
        ended=watch.ended or _ended(by_signal),
        exit_code=exit_code,
        signal=by_signal,
        stdout=said["stdout"].decode(errors="replace"),
        stderr=said["stderr"].decode(errors="replace"),
        channel=said["channel"].removeprefix(READY),
        wall_ms=wall_ms,
        tier=tier,
    )


def _ending(returned: int, *, tier: TierName) -> tuple[int | None, int | None]:
    """Tell the exit code or the signal; bwrap gives 128 + its number for a signal."""
    if returned < 0:
        return None, -returned
    by_signal = returned - _SIGNALLED
    if tier == "T1" and by_signal in set(signal.Signals):
        return None, by_signal
    return returned, None


def _ended(by_signal: int | None) -> Ended:
    if by_signal is None:
        return "exited"
    return "timed_out" if by_signal == signal.SIGXCPU else "killed"
