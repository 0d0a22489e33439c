"""A small machine that runs a seccomp filter as the kernel would, for either processor."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

_LOAD, _RETURN = 0x20, 0x06
_TESTS: dict[int, Callable[[int, int], bool]] = {
    0x15: lambda loaded, constant: loaded == constant,
    0x25: lambda loaded, constant: loaded > constant,
    0x35: lambda loaded, constant: loaded >= constant,
    0x45: lambda loaded, constant: bool(loaded & constant),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A system call as the filter sees it."""

    number: int
    arch: int
    arguments: tuple[int, ...] = ()

    def packed(self) -> bytes:
        """Give the kernel's `struct seccomp_data`."""
        arguments = (*self.arguments, *(0,) * 6)[:6]
        return struct.pack("=iIQ6Q", self.number, self.arch, 0, *arguments)


def answer(program: bytes, call: Call) -> int:
    """Run the filter on a call and give what it returns."""
    instructions = list(struct.iter_unpack("=HBBI", program))
    data, loaded, at = call.packed(), 0, 0
    while True:
        code, if_true, if_false, constant = instructions[at]
        at += 1
        if code == _RETURN:
            return int(constant)
        if code == _LOAD:
            (loaded,) = struct.unpack_from("=I", data, constant)
        else:
            at += if_true if _TESTS[code](loaded, constant) else if_false
