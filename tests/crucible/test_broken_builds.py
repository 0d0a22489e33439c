"""Each broken build can be made, in a fresh process, of the product as it is now."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from evalsite.env import ROOT
from tests.crucible.broken.break_in import MARK
from tests.crucible.broken.builds import BUILDS, Build
from tests.crucible.broken.edits import Edit, edited

_ASK = """
import sys, django
from importlib import import_module
django.setup()
print(*(getattr(import_module(name), {mark!r}, "whole") for name in {names!r}))
"""
each_build = pytest.mark.parametrize("build", BUILDS.values(), ids=BUILDS)


def python(code: str, *, broken: str) -> subprocess.CompletedProcess[str]:
    folder = ROOT / "tests" / "crucible" / "broken"
    settings = {"DJANGO_SETTINGS_MODULE": "evalsite.settings"}
    path = {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "CRUCIBLE_BROKEN": broken}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **settings, **path},
        capture_output=True,
        text=True,
        timeout=60,
    )


def source_of(module: str) -> str:
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).read_text()


def test_there_are_ten() -> None:
    assert len(BUILDS) == 10


@each_build
def test_its_edits_fit_the_product(build: Build) -> None:
    for module in build.modules():
        broken = edited(source_of(module), build.edits_of(module))
        compile(broken, module, "exec")
        assert broken != source_of(module)


@each_build
def test_a_fresh_process_is_broken(build: Build) -> None:
    names = sorted(build.modules())
    done = python(_ASK.format(mark=MARK, names=names), broken=build.name)
    assert done.stdout.split() == [build.name] * len(names), done.stderr


def test_without_the_variable_nothing_is_broken() -> None:
    names = ["evalsite.batches.lease"]
    assert python(_ASK.format(mark=MARK, names=names), broken="").stdout.split() == ["whole"]


def test_an_unknown_build_ends_the_process() -> None:
    done = python("print('alive')", broken="no_such_build")
    assert done.returncode != 0
    assert done.stdout == ""


def test_an_edit_that_finds_another_text_is_refused() -> None:
    with pytest.raises(ValueError, match="has 2 x 'a', not 1 x"):
        edited("a = a", [Edit("module", "a", "b")])


def test_a_module_that_lost_what_is_edited_ends_the_process() -> None:
    code = """
from tests.crucible.broken.break_in import break_in
from tests.crucible.broken.builds import Build
from tests.crucible.broken.edits import Edit
break_in(Build(name="x", what="", noticed_by=(), edits=(Edit("evalsite.origin", "no such", ""),)))
import evalsite.origin
print("alive")
"""
    done = python(code, broken="")
    assert (done.returncode != 0, done.stdout) == (True, "")
    assert "has 0 x 'no such'" in done.stderr
