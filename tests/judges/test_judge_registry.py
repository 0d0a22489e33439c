"""The registry: names without imports, plug-ins on demand, errors with a code."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from typing import Any

import pytest

import judges.registry as registry
from judges.protocol import PASS, JudgeError
from judges.registry import BUILTIN_JUDGES, JUDGES


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[EntryPoint]:
    """Entry points that look installed; a test appends its own."""
    entries: list[EntryPoint] = []
    monkeypatch.setattr(registry, "entry_points", lambda group: tuple(entries))
    return entries


def plugin(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group="evalsite.judges")


def code_of(name: str) -> str:
    with pytest.raises(JudgeError) as caught:
        JUDGES.load(name)
    assert caught.value.message
    assert caught.value.hint
    return caught.value.code


@pytest.mark.parametrize("name", sorted(BUILTIN_JUDGES))
def test_every_builtin_loads(name: str) -> None:
    loaded = JUDGES.load(name)
    assert (loaded.name, loaded.version) == (name, "1")


def test_listing_names_imports_no_judge() -> None:
    script = (
        "import sys, judges.registry as r; r.JUDGES.names(); print('judges.text' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "False"


def test_a_plugin_is_found_by_name(installed: list[EntryPoint]) -> None:
    installed.append(plugin("mine", "judges.text:exact"))
    assert "mine" in JUDGES.names()
    assert JUDGES.load("mine").value("a", "a") == PASS


def test_an_unknown_name_is_told_the_near_ones() -> None:
    with pytest.raises(JudgeError, match=r"\[judge_unknown\].*normalised"):
        JUDGES.load("normalized")


@pytest.mark.parametrize("value", ["no_such_module:x", "judges.text:no_such", "judges:VERSION"])
def test_a_broken_plugin_hurts_only_itself(installed: list[EntryPoint], value: str) -> None:
    installed.append(plugin("broken", value))
    assert code_of("broken") == "judge_broken"
    assert JUDGES.load("exact").name == "exact"
    assert "broken" in JUDGES.names()


def test_two_plugins_of_one_name_are_refused(installed: list[EntryPoint]) -> None:
    installed += [plugin("twin", "judges.text:exact"), plugin("twin", "judges.text:fuzzy")]
    assert code_of("twin") == "judge_duplicate"
    assert JUDGES.problems() == ("twin",)


def test_a_plugin_cannot_take_the_name_of_a_builtin(installed: list[EntryPoint]) -> None:
    installed.append(plugin("exact", "judges.text:fuzzy"))
    value: Any = JUDGES.load("exact").value
    assert value.__name__ == "exact"
    assert JUDGES.problems() == ("exact",)
