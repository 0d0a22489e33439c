"""What the doctor says of this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from evalsite.doctor import machine
from evalsite.doctor.finding import Finding
from evalsite.env import ROOT, load
from judges.sandbox.unavailable import SandboxUnavailable

GIB = 2**30


class Space(NamedTuple):
    total: int
    used: int
    free: int


def codes(ask: Callable[[], Iterator[Finding]]) -> list[str]:
    return [finding.code for finding in ask()]


@pytest.mark.parametrize(
    ("free", "total", "code"),
    [
        (50 * GIB, 100 * GIB, "ok"),
        (40 * GIB, 1000 * GIB, "ok"),
        (9 * GIB, 100 * GIB, "disk_low"),
        (GIB, 4 * GIB, "disk_low"),
        (2 * GIB, 100 * GIB, "disk_full"),
        (GIB // 4, GIB, "disk_full"),
    ],
)
def test_room_on_the_disk(
    free: int, total: int, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = Space(total, total - free, free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: space)
    assert codes(machine.disk)[0] == code


def test_a_folder_of_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert codes(machine.disk)[-1] == "data_unwritable"


def test_packages_are_as_pinned_or_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_installed", {"Django": "5.2.19", "celery": "5.7.0"}.get)
    monkeypatch.setattr(machine, "_pins", lambda _: [("Django", "5.2.19"), ("celery", "5.7.0")])
    assert codes(machine.packages) == ["ok"]
    monkeypatch.setattr(machine, "_pins", lambda _: [("Django", "5.2.20"), ("celery", "5.7.0")])
    (found,) = machine.packages()
    assert (found.code, found.told) == ("packages_differ", "Django 5.2.19, not 5.2.20")


def test_a_package_that_is_missing_is_told() -> None:
    assert machine._installed("no-package-of-this-name") == "is missing"
    assert dict(machine._pins(ROOT / "requirements.txt"))["celery"] == "5.7.0"


def test_a_time_zone_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert codes(machine.zone) == ["ok"]
    monkeypatch.setattr(load(), "time_zone", "Europe/Nowhere")
    assert codes(machine.zone) == ["zone_unknown"]


def test_a_machine_without_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> dict[str, str]:
        raise SandboxUnavailable("nothing holds code here")

    monkeypatch.setattr(machine, "describe", refuse)
    (found,) = machine.sandbox()
    assert found.code == "sandbox_none"
    assert "nothing holds code here" in found.told


def test_code_that_is_not_held(knobs: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    held = {"tier": "T1", "kernel": "6.1", "filter": "1"}
    monkeypatch.setattr(machine, "describe", lambda: held)
    assert codes(machine.sandbox) == ["ok"]
    knobs(sandbox_trusted="1")
    assert codes(machine.sandbox) == ["sandbox_trusted", "ok"]
