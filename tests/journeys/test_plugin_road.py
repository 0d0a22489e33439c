"""The plug-in of tests/plugin, installed from its folder: found, tested, curated, run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from evalsite import env
from evalsite.batches.models import Batch
from evalsite.cases.curate import create_suite
from evalsite.cases.models import Suite, TestCase
from evalsite.scoring.models import Scorecard
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import nobody
from judges.protocol import JudgeError
from judges.registry import JUDGES
from packs.protocol import PackError
from packs.registry import PACKS
from tests.journeys.workshop import Workshop, assert_sound
from tests.services import Services
from tests.tenant_rows import make_membership

PLUGIN = env.ROOT / "tests" / "plugin"
LISTED = """
import sys
from judges.registry import JUDGES
from packs.registry import PACKS
assert "headline" in PACKS.names() and "most_words" in JUDGES.names()
assert not [name for name in sys.modules if "headline" in name or "ruin" in name]
"""
RUIN = """
[evalsite.packs]
ruin = ruin:PACK
[evalsite.judges]
ruin_judge = ruin:judge
"""
HEADLINES = {"short": "New bridge opens", "long": "Today a new bridge opens", "off": "Rain again"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the plug-in, offline, and beside it one whose module raises."""
    folder = tmp_path_factory.mktemp("plugin")
    command = (sys.executable, "-m", "uv", "pip", "install", "--offline", "--no-deps", "--quiet")
    environment = {**os.environ, "UV_CACHE_DIR": str(folder / "cache")}
    place = ("--python", sys.executable, "--target", str(folder / "site"), str(PLUGIN))
    subprocess.run([*command, *place], env=environment, check=True, timeout=60)
    (folder / "site" / "ruin.py").write_text("raise OSError('the disk is on fire')")
    about = folder / "site" / "ruin-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: ruin\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(RUIN)
    return folder / "site"


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process find what is installed there."""
    monkeypatch.syspath_prepend(str(site))


@pytest.fixture
def curator(installed: None, as_acme: Tenant) -> Client:
    """The browser of an editor who knows the plug-in."""
    editor = User.objects.create(username="editor", is_staff=True)
    make_membership(user=editor, role=Role.CURATOR)
    browser = Client()
    with nobody():
        browser.force_login(editor)
    return browser


def fresh(site: Path, *arguments: str, cwd: Path = env.ROOT) -> None:
    """Run Python in a new process that finds the plug-in."""
    path = os.pathsep.join((str(site), str(env.ROOT)))
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        cwd=cwd,
        text=True,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_is_listed_without_an_import(site: Path) -> None:
    fresh(site, "-c", LISTED)


def test_its_authors_kit_passes(site: Path) -> None:
    options = ("-p", "no:django", "-c", "pyproject.toml", "-q")
    fresh(site, "-m", "pytest", *options, "conforms.py", cwd=PLUGIN)


def test_the_version_of_its_package_is_known(installed: None) -> None:
    assert JUDGES.load("most_words").version == "1.0"


def test_a_broken_plug_in_is_named_and_hurts_nobody(installed: None) -> None:
    with pytest.raises(PackError, match="the disk is on fire") as pack:
        PACKS.load("ruin")
    with pytest.raises(JudgeError) as judge:
        JUDGES.load("ruin_judge")
    assert (pack.value.code, judge.value.code) == ("pack_broken", "judge_broken")
    assert PACKS.load("headline").value.title == "A headline for an article"


def test_a_case_of_it_is_made_in_the_admin(curator: Client, as_acme: Tenant) -> None:
    suite = create_suite(name="news", pack="headline")
    refused = _add_case(curator, suite, expected={"words": 0})
    assert "expected.words: Input should be greater than 0" in refused.content.decode()
    assert not TestCase.objects.exists()
    assert _add_case(curator, suite, expected={"words": 4}).status_code == 302
    assert TestCase.objects.get().expected == {"words": 4}


def test_a_batch_of_it_runs_from_end_to_end(
    installed: None, site: Path, workshop: Workshop, services: Services
) -> None:
    workshop.environment = services.embedded_environment() | {"PYTHONPATH": str(site)}
    case = {"input": {"article": "..."}, "expected": {"words": 4, "mentions": ["bridge"]}}
    answers = {key: {"answer": {"headline": text}} for key, text in HEADLINES.items()}
    quietly = {"suite": "news", "stderr": StringIO()}
    cases = _file(workshop, dict.fromkeys(HEADLINES, case))
    call_command("importcases", cases, pack="headline", **quietly)
    call_command("importoutputs", _file(workshop, answers), run="desk", **quietly)
    workshop.manage("runbatch", "--tenant", "acme", "--suite", "news", "--run", "desk")
    assert_sound(Batch.objects.get())
    cards = Scorecard.objects.values_list("revision__case__key", "status", "overall_score")
    assert set(cards) == {("short", "passed", 1), ("long", "failed", 0), ("off", "failed", 1 / 3)}


def _file(workshop: Workshop, rows: dict[str, Any]) -> str:
    path = workshop.tmp / "rows.jsonl"
    path.write_text("\n".join(json.dumps({"key": key, **row}) for key, row in rows.items()))
    return str(path)


def _add_case(curator: Client, suite: Suite, *, expected: dict[str, Any]) -> Any:
    form = {
        "suite": str(suite.pk),
        "key": "bridge",
        "state": "active",
        "input": '{"article": "The new bridge opened today."}',
        "expected": json.dumps(expected),
        "based_on": "0",
    }
    with nobody():
        return curator.post(reverse("admin:cases_testcase_add"), form)
