"""A gate in a pipeline: the worse version is stopped, the same again goes through."""

from __future__ import annotations

import re
import subprocess
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from django.core.management import call_command, get_commands, load_command_class

from evalsite.embedded.demo import SAMPLES
from evalsite.env import ROOT
from tests.journeys.workshop import Workshop, score_here
from tests.services import Services

PAGE = ROOT / "docs" / "gates.md"


def fenced(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)


def told_in_ci() -> list[str]:
    """Answer the script of each CI example of the docs."""
    examples = [yaml.safe_load(text) for text in fenced("yaml")]
    github = next(e["jobs"]["evaluate"]["steps"] for e in examples if "jobs" in e)
    gitlab = next(e["evaluate"]["script"] for e in examples if "evaluate" in e)
    run = next(step["run"] for step in github if "runbatch" in step.get("run", ""))
    return [run, "\n".join(gitlab)]


@pytest.fixture
def embedded(workshop: Workshop, services: Services) -> Workshop:
    """A workshop with two versions of the assistant, a batch of the first, and the docs' gate."""
    given = {"suite": "assistant", "tenant": "acme", "stderr": StringIO()}
    call_command("importcases", str(SAMPLES / "assistant_cases.jsonl"), pack="nl2api", **given)
    for version in ("1_4", "1_5"):
        run = {"run": f"assistant-{version}", "target": "assistant"}
        call_command("importoutputs", str(SAMPLES / f"assistant_{version}.jsonl"), **run, **given)
    score_here(run="assistant-1_4", suite="assistant")
    (workshop.tmp / "gate.yaml").write_text(fenced("yaml")[0])
    workshop.environment = services.embedded_environment()
    return workshop


def gated(shop: Workshop, version: str) -> subprocess.CompletedProcess[str]:
    files = ("--junit", str(shop.tmp / "junit.xml"), "--summary", str(shop.tmp / "summary.md"))
    what = ("--suite", "assistant", "--run", f"assistant-{version}", "--tenant", "acme")
    gate = ("--gate", str(shop.tmp / "gate.yaml"))
    return shop.manage("runbatch", *what, *gate, *files, check=False)


def verdicts(path: Path) -> tuple[str, ...]:
    root = ElementTree.parse(path).getroot()
    return tuple(root.attrib[name] for name in ("tests", "failures"))


def test_a_worse_version_is_stopped_and_the_same_goes_through(embedded: Workshop) -> None:
    same, worse = (gated(embedded, version) for version in ("1_4", "1_5"))
    assert [done.returncode for done in (same, worse)] == [0, 3], worse.stderr
    assert "gate release: passed" in same.stderr
    assert "gate release: failed" in worse.stderr
    page = (embedded.tmp / "summary.md").read_text()
    assert page.startswith("## ✗ failed: gate <code>release</code>")
    tests, failures = verdicts(embedded.tmp / "junit.xml")
    assert (int(tests), int(failures) > 16) == (79, True)


@pytest.mark.parametrize("script", told_in_ci(), ids=["github", "gitlab"])
def test_the_ci_examples_name_options_that_exist(script: str) -> None:
    """Run as they stand, but for --help at the end of each command."""
    lines = script.replace("\\\n", " ").splitlines()
    commands = [line for line in lines if "manage.py" in line]
    assert len(commands) >= 4
    for command in commands:
        parsed(command.split("||")[0].split())


def parsed(words: list[str]) -> None:

    name, arguments = words[words.index("manage.py") + 1], words[words.index("manage.py") + 2 :]
    command = load_command_class(get_commands()[name], name)
    given = command.create_parser("manage.py", name).parse_args(arguments)
    assert vars(given)
