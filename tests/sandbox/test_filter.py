"""The filter's answers, on both processors, and its numbers, compared with the kernel's headers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from judges.sandbox.filter import assemble, program, version
from judges.sandbox.syscalls import MACHINES, Machine
from judges.sandbox.unavailable import SandboxUnavailable
from tests.sandbox.bpf import Call, answer

_ALLOW, _KILL, _EPERM, _ENOSYS = 0x7FFF0000, 0x80000000, 0x50001, 0x50026
_THREAD, _NEW_USER = 0x10000, 0x10000000
_HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
_READ = {"x86_64": 0, "aarch64": 63}


@pytest.fixture(params=MACHINES.values(), ids=list(MACHINES))
def machine(request: pytest.FixtureRequest) -> Machine:
    """Each processor that there is a filter for."""
    found: Machine = request.param
    return found


def _ask(machine: Machine, name: str, *arguments: int) -> int:
    number = {**machine.refused, **machine.checked, "read": _READ[machine.name]}[name]
    call = Call(number=number, arch=machine.audit_arch, arguments=arguments)
    return answer(assemble(machine, with_metadata=False), call)


def test_what_is_refused_is_refused(machine: Machine) -> None:
    assert {_ask(machine, name) for name in machine.refused} == {_EPERM}


def test_reading_is_allowed(machine: Machine) -> None:
    assert _ask(machine, "read") == _ALLOW


def test_threads_are_allowed_and_processes_are_not(machine: Machine) -> None:
    assert _ask(machine, "clone", _THREAD | 0xF00) == _ALLOW
    assert _ask(machine, "clone", 17) == _EPERM
    assert _ask(machine, "clone", _NEW_USER) == _EPERM
    assert _ask(machine, "clone3") == _ENOSYS


def test_only_own_limits_are_changed(machine: Machine) -> None:
    assert _ask(machine, "prlimit64", 0) == _ALLOW
    assert _ask(machine, "prlimit64", 4711) == _EPERM


def test_the_terminal_and_the_worker_are_left_alone(machine: Machine) -> None:
    assert _ask(machine, "ioctl", 1, 0x5401) == _ALLOW
    assert _ask(machine, "ioctl", 1, 0x5412) == _EPERM
    assert _ask(machine, "ioctl", 1, 0x5412 | 1 << 32) == _EPERM
    assert _ask(machine, "prctl", 15) == _ALLOW
    assert _ask(machine, "prctl", 1) == _EPERM


def test_only_a_pair_of_streams_is_given(machine: Machine) -> None:
    unix, tipc, stream, datagram, close_on_exec = 1, 30, 1, 2, 0o2000000
    assert _ask(machine, "socketpair", unix, stream | close_on_exec) == _ALLOW
    assert _ask(machine, "socketpair", unix, datagram) == _EPERM
    assert _ask(machine, "socketpair", unix, 5) == _EPERM
    assert _ask(machine, "socketpair", tipc, stream) == _EPERM


@pytest.mark.parametrize("number", [463, 500, 0x3FFFFFFF])
def test_what_nobody_reviewed_does_not_exist(machine: Machine, number: int) -> None:
    call = Call(number=number, arch=machine.audit_arch)
    assert answer(assemble(machine, with_metadata=False), call) == _ENOSYS


@pytest.mark.parametrize("number", [0x40000000, 0x40000000 + 39])
def test_x32_calls_are_killed(machine: Machine, number: int) -> None:
    call = Call(number=number, arch=machine.audit_arch)
    assert answer(assemble(machine, with_metadata=False), call) == _KILL


def test_calls_of_another_processor_are_killed(machine: Machine) -> None:
    call = Call(number=_READ[machine.name], arch=0x40000003)
    assert answer(assemble(machine, with_metadata=False), call) == _KILL


def test_metadata_is_refused_where_landlock_leaves_it_open(machine: Machine) -> None:
    calls = [Call(number=n, arch=machine.audit_arch) for n in machine.metadata.values()]
    strict, plain = (assemble(machine, with_metadata=which) for which in (True, False))
    assert {answer(strict, call) for call in calls} == {_EPERM}
    assert {answer(plain, call) for call in calls} == {_ALLOW}


def test_numbers_are_those_of_the_kernel(machine: Machine) -> None:
    header = _HEADERS[machine.name]
    if not header.exists():
        pytest.skip("the kernel's headers are not installed")
    known = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text()))
    ours = {**machine.refused, **machine.metadata, **machine.checked}
    # Calls that are newer than the headers have no number there.
    both = ours.keys() & known.keys()
    assert {name: int(known[name]) for name in both} == {name: ours[name] for name in both}
    assert len(ours) - len(both) <= 3


def test_a_version_names_what_a_filter_does() -> None:
    assert version(program()) == version(program())
    assert version(program()) != version(program(with_metadata=True))


def test_a_processor_without_a_filter_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    program.cache_clear()
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(SandboxUnavailable, match="riscv64"):
        program()
    program.cache_clear()
