"""How a process gives up, for ever, other files, other system calls, and outliving its worker.

Sent as text to the interpreter in tier T2, before the program: it imports nothing of ours.
`support` is for the worker, which asks what the kernel can do.
"""

from __future__ import annotations

import ctypes
import os
import struct

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION, _PATH_BENEATH = 1, 1
_SET_PDEATHSIG, _SET_SECCOMP, _SET_NO_NEW_PRIVS = 1, 22, 38
_FILTER_MODE, _SIGKILL = 2, 9

# The rights of landlock(7), bit by bit; what is handled and not allowed anywhere is refused.
_WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = (
    1 << 1,
    1 << 2,
    1 << 3,
    1 << 4,
    1 << 5,
)
_MAKE_DIR, _MAKE_REG, _REFER, _TRUNCATE = 1 << 7, 1 << 8, 1 << 13, 1 << 14
_EVERY_FILE_RIGHT, _EVERY_NET_RIGHT, _EVERY_SCOPE = (1 << 16) - 1, 3, 3
_OF_FILES = _READ_FILE | _WRITE_FILE
_OF_SCRATCH = (
    _OF_FILES | _READ_DIR | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _REFER | _TRUNCATE
)


def support() -> int:
    """Give the version of Landlock in this kernel; 0 where there is none, or it is hidden."""
    return max(
        0, int(ctypes.CDLL(None).syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_VERSION))
    )


def shut(*, readable: list[str], devices: list[str], scratch: str, bpf: bytes, worker: int) -> None:
    """Leave this process its files and its system calls, no others, and its worker's lifetime."""
    _call("prctl", _SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    if os.getppid() != worker:
        os._exit(1)
    rules = _syscall(
        _CREATE_RULESET,
        struct.pack("=QQQ", _EVERY_FILE_RIGHT, _EVERY_NET_RIGHT, _EVERY_SCOPE),
        24,
        0,
    )
    for path in readable:
        _allow(rules, path=path, rights=_READ_FILE | (_READ_DIR if os.path.isdir(path) else 0))
    for path in devices:
        _allow(rules, path=path, rights=_OF_FILES)
    _allow(rules, path=scratch, rights=_OF_SCRATCH)
    _call("prctl", _SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _syscall(_RESTRICT_SELF, rules, 0)
    os.close(rules)
    program = ctypes.create_string_buffer(bpf, len(bpf))
    # struct sock_fprog: how many instructions, padding, where they are
    header = struct.pack("@HP", len(bpf) // 8, ctypes.addressof(program))
    _call("prctl", _SET_SECCOMP, _FILTER_MODE, header, 0, 0)


def _allow(rules: int, *, path: str, rights: int) -> None:
    beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    _syscall(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", rights, beneath), 0)
    os.close(beneath)


def _syscall(number: int, *arguments: int | bytes) -> int:
    return _call("syscall", number, *arguments)


def _call(name: str, *arguments: int | bytes) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    wide = (a if isinstance(a, bytes) else ctypes.c_long(a) for a in arguments)
    done = int(getattr(libc, name)(*wide))
    if done < 0:
        raise OSError(ctypes.get_errno(), name)
    return done
