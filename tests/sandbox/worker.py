"""A worker of its own to run hostile programs from, so that it can be measured, hidden and killed.

Started by `jobs.job`; its one argument is the name of a job, its input the job's options as JSON.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import random
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from judges.sandbox.execute import execute
from judges.sandbox.launch import Program
from judges.sandbox.limits import Limits
from judges.sandbox.outcome import TierName
from judges.sandbox.run import run
from judges.sandbox.tiers import tier, trusting
from judges.sandbox.unavailable import SandboxUnavailable
from tests.sandbox.hostile import HOSTILE, LEAKS

_PAGE_KB = os.sysconf("SC_PAGESIZE") // 1024
_AT_ONCE = 10


def hostile(*, tier_name: TierName, runs: int, seed: int, mark: str) -> dict[str, object]:
    """Run many hostile programs at once; tell how much larger the worker is afterwards."""
    limits = Limits(wall_s=0.3, cpu_s=1, output_kb=256, files_mb=8, memory_mb=256)
    sources = [*random.Random(seed).choices(list(HOSTILE.values()), k=runs)]

    def one(source: str) -> str:
        named = f"import ctypes; ctypes.CDLL(None).prctl(15, {mark.encode()!r})\n{source}"
        program = Program(source=named, files={}, stdin=b"", limits=limits)
        return execute(program, tier=tier_name).ended

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(one, HOSTILE.values()))
        before = _resident_kb()
        ended = Counter(pool.map(one, sources))
        grown = _resident_kb() - before
    return {
        "ended": dict(ended),
        "grown_kb": grown,
        "descriptors": len(os.listdir("/proc/self/fd")),
    }


def flood(*, tier_name: TierName) -> dict[str, object]:
    """Read a program that writes without end; tell how much larger the worker is afterwards."""
    source = "import os\nwhile True: os.write(1, b'x' * 65536); os.write(3, b'x' * 65536)"
    program = Program(source=source, files={}, stdin=b"", limits=Limits())
    execute(Program(source="", files={}, stdin=b"", limits=Limits()), tier=tier_name)
    before = _resident_kb()
    ended = [execute(program, tier=tier_name).ended for _ in range(5)]
    return {"ended": sorted(set(ended)), "grown_kb": _resident_kb() - before}


def leaks(*, tier_name: str, canary: str, home: str) -> list[str]:
    """List the places where a program found the canary that this worker holds in each of them."""
    held = fcntl.fcntl(os.open(home, os.O_RDONLY), fcntl.F_DUPFD, 100)
    os.set_inheritable(held, True)
    told = {
        place: _leak(source.replace("HOME", repr(home)), tier_name=tier_name)
        for place, source in LEAKS.items()
    }
    return [place for place, said in told.items() if canary.encode() in said]


def _leak(source: str, *, tier_name: str) -> bytes:
    if tier_name != "plain":
        program = Program(source=source, files={}, stdin=b"", limits=Limits())
        outcome = execute(program, tier=tier_name)  # type: ignore[arg-type]
        return outcome.channel + outcome.stdout.encode() + outcome.stderr.encode()
    before = "import os\nos.dup2(1, 3)\n"
    words = [sys.executable, "-c", before + source, *sys.argv[1:]]
    return subprocess.run(words, capture_output=True, close_fds=False).stdout


def closed(*, marker: str, runs: int, is_landlock_hidden: bool) -> dict[str, object]:
    """Run programs that leave a mark; tell what was answered and whether one was run."""
    if is_landlock_hidden:
        _hide_landlock()
    answers: Counter[str] = Counter()
    for _ in range(runs):
        try:
            answers[run(f"open({marker!r}, 'w').close()").tier] += 1
        except SandboxUnavailable as error:
            answers[error.code] += 1
    return {"answers": dict(answers), "was_run": Path(marker).exists(), "why": _why()}


def _why() -> str:
    try:
        return tier().reason
    except SandboxUnavailable as error:
        return error.message


def sleep(*, tier_name: TierName, mark: str) -> None:
    """Run a program that sleeps under a name of its own, until somebody kills this worker."""
    source = f"import ctypes, time; ctypes.CDLL(None).prctl(15, {mark!r}.encode()); time.sleep(99)"
    execute(Program(source=source, files={}, stdin=b"", limits=Limits(wall_s=99)), tier=tier_name)


def each(*, tiers: list[TierName]) -> dict[str, object]:
    """Run a small program in each tier as whoever this is; tell what it said."""
    program = Program(source="print(6 * 7)", files={}, stdin=b"", limits=Limits())
    return {
        "user": os.getuid(),
        **{tier_name: execute(program, tier=tier_name).stdout for tier_name in tiers},
    }


def trusted() -> dict[str, object]:
    """Run a program without a sandbox, which starts a process, and one that never ends."""
    try:
        with trusting():
            done = run("import os; os.system('echo started')")
            endless = run("while True: pass", limits=Limits(wall_s=0.5))
            return {"tier": tier().name, "stdout": done.stdout, "ended": endless.ended}
    except SandboxUnavailable as error:
        return {"code": error.code}


def _hide_landlock() -> None:
    """Answer this process's calls 444 to 446 as a kernel without Landlock does."""
    bpf = struct.pack(
        "=" + "HBBI" * 5,
        *(0x20, 0, 0, 0),
        *(0x35, 0, 2, 444),
        *(0x25, 1, 0, 446),
        *(0x06, 0, 0, 0x00050026),
        *(0x06, 0, 0, 0x7FFF0000),
    )
    kept = ctypes.create_string_buffer(bpf, len(bpf))
    libc = ctypes.CDLL(None)
    libc.prctl(38, 1, 0, 0, 0)
    assert libc.prctl(22, 2, struct.pack("@HP", 5, ctypes.addressof(kept)), 0, 0) == 0


def _resident_kb() -> int:
    time.sleep(0.1)
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_KB


JOBS: dict[str, Callable[..., object]] = {
    job.__name__: job for job in (hostile, flood, leaks, closed, sleep, each, trusted)
}

if __name__ == "__main__":
    print(json.dumps(JOBS[sys.argv[1]](**json.load(sys.stdin))))
