"""The seccomp filter: a program for the kernel that answers each system call of a judged program.

Written as plain BPF, so that no library is needed. Its instructions are `(code, jump if true, jump
if false, constant)` on a record `{int nr; u32 arch; u64 ip; u64 args[6]}` (seccomp(2)).
"""

from __future__ import annotations

import errno
import hashlib
import platform
import struct
from collections.abc import Iterator
from functools import cache

from judges.sandbox.syscalls import MACHINES, NEWEST_REVIEWED, Machine
from judges.sandbox.unavailable import SandboxUnavailable

Instruction = tuple[int, int, int, int]

_LOAD, _RETURN, _EQUAL, _GREATER, _AT_LEAST, _HAS_BIT = 0x20, 0x06, 0x15, 0x25, 0x35, 0x45
_NUMBER, _ARCH, _FIRST_ARGUMENT = 0, 4, 16
_KILL_PROCESS, _ALLOW, _ERRNO = 0x80000000, 0x7FFF0000, 0x00050000
_X32 = 0x40000000
_CLONE_THREAD, _TIOCSTI, _PR_SET_PDEATHSIG = 0x00010000, 0x5412, 1
_AF_UNIX, _NO_STREAM = 1, 0xE


@cache
def program(*, with_metadata: bool = False) -> bytes:
    """Give the filter for this machine; with_metadata also refuses chmod and its kin by path."""
    machine = MACHINES.get(platform.machine())
    if machine is None:
        raise SandboxUnavailable(f"no filter is written for {platform.machine()} processors")
    return assemble(machine, with_metadata=with_metadata)


def assemble(machine: Machine, *, with_metadata: bool) -> bytes:
    """Write the filter of a machine, as an array of the kernel's `struct sock_filter`."""
    instructions = [*_head(machine), *_checks(machine.checked)]
    refused = machine.refused | (machine.metadata if with_metadata else {})
    for number in refused.values():
        instructions += _answer(number, _errno(errno.EPERM))
    instructions.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)


def version(filter_program: bytes) -> str:
    """Give the name under which a scorecard remembers a filter: the hash of what it does."""
    return hashlib.sha256(filter_program).hexdigest()[:12]


def _head(machine: Machine) -> Iterator[Instruction]:
    """Kill whatever calls by another machine's numbers; what nobody reviewed does not exist."""
    yield (_LOAD, 0, 0, _ARCH)
    yield (_EQUAL, 1, 0, machine.audit_arch)
    yield (_RETURN, 0, 0, _KILL_PROCESS)
    yield (_LOAD, 0, 0, _NUMBER)
    yield (_AT_LEAST, 0, 1, _X32)
    yield (_RETURN, 0, 0, _KILL_PROCESS)
    yield (_GREATER, 0, 1, NEWEST_REVIEWED)
    yield (_RETURN, 0, 0, _errno(errno.ENOSYS))


def _checks(checked: dict[str, int]) -> Iterator[Instruction]:
    """Allow a new thread but no new process, and nothing done to another process or terminal."""
    yield from _answer(checked["clone3"], _errno(errno.ENOSYS))
    yield from _unless(checked["clone"], {0: (_HAS_BIT, 1, 0, _CLONE_THREAD)})
    yield from _unless(checked["prlimit64"], {0: (_EQUAL, 1, 0, 0)})
    yield from _unless(checked["ioctl"], {1: (_EQUAL, 0, 1, _TIOCSTI)})
    yield from _unless(checked["prctl"], {0: (_EQUAL, 0, 1, _PR_SET_PDEATHSIG)})
    # A pair of connected streams leads nowhere else, and asyncio wakes itself by one. A socket of
    # datagrams could send to any path.
    streams = {0: (_EQUAL, 1, 0, _AF_UNIX), 1: (_HAS_BIT, 0, 1, _NO_STREAM)}
    yield from _unless(checked["socketpair"], streams)


def _answer(number: int, answer: int) -> Iterator[Instruction]:
    yield (_EQUAL, 0, 1, number)
    yield (_RETURN, 0, 0, answer)


def _unless(number: int, tests: dict[int, Instruction]) -> Iterator[Instruction]:
    """Refuse a call unless the test of each argument jumps over its refusal.

    The kernel reads 32 bits of these arguments.
    """
    yield (_EQUAL, 0, 3 * len(tests) + 1, number)
    for argument, test in tests.items():
        yield (_LOAD, 0, 0, _FIRST_ARGUMENT + 8 * argument)
        yield test
        yield (_RETURN, 0, 0, _errno(errno.EPERM))
    yield (_RETURN, 0, 0, _ALLOW)


def _errno(number: int) -> int:
    return _ERRNO | number
