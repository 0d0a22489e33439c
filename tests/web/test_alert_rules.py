"""The alert rules ask for what there is, and each has a section of the runbook, as that has one."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from evalsite.celery import app
from evalsite.env import ROOT
from evalsite.pipeline.lead import LOCK
from evalsite.web.metric_families import FAMILIES

PLACE = ROOT / "docs" / "monitoring" / "alerts.yaml"
RULES = [rule for group in yaml.safe_load(PLACE.read_text())["groups"] for rule in group["rules"]]
NAMES = [rule["alert"] for rule in RULES]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", RUNBOOK, re.MULTILINE | re.DOTALL))
# Prometheus' own: what it scrapes.
UP = {"up": {"job", "instance"}}
each = pytest.mark.parametrize("rule", RULES, ids=NAMES)


def _known() -> dict[str, set[str]]:
    """Answer the labels of each metric; those of the scrape are on all."""
    own = {f"evalsite_{name}": set(labels) for name, (_, labels) in FAMILIES.items()}
    return {**UP, **{name: labels | {"instance"} for name, labels in own.items()}}


def _asked(expression: str) -> dict[str, set[str]]:
    """Answer each metric that an expression names, with the labels that it selects by."""
    found = re.findall(r"\b(evalsite_\w+|up)\b(?:\{([^}]*)\})?", expression)
    return {name: set(re.findall(r"(\w+)\s*[=!]", chosen)) for name, chosen in found}


@each
def test_a_rule_asks_for_metrics_and_labels_that_are_told(rule: dict[str, Any]) -> None:
    asked, known = _asked(rule["expr"]), _known()
    assert asked
    assert set(asked) <= set(known)
    for name, labels in asked.items():
        assert labels <= known[name], name
    grouped = set(re.findall(r"\w+", " ".join(re.findall(r"by \(([^)]*)\)", rule["expr"]))))
    assert all(grouped <= known[name] for name in asked)


@each
def test_a_rule_tells_labels_that_its_answer_has(rule: dict[str, Any]) -> None:
    told = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    grouped = re.findall(r"by \(([^)]*)\)", rule["expr"])
    left = set(re.findall(r"\w+", grouped[0])) if grouped else {"instance", "job"}
    assert told <= left
    assert not (told and rule["expr"].startswith("max("))


@each
def test_a_rule_leads_to_its_section_of_the_runbook(rule: dict[str, Any]) -> None:
    assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{rule['alert'].lower()}"
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["alert"] in SECTIONS


def test_no_two_rules_have_one_name() -> None:
    assert len(set(NAMES)) == len(NAMES)


def test_each_section_has_a_rule() -> None:
    assert set(SECTIONS) == set(NAMES)


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_says_what_it_means_how_to_look_and_how_to_mend(name: str) -> None:
    means, look, mend = re.split(r"\*\*(?:Look|Mend)\.\*\*", SECTIONS[name])
    assert means.strip().startswith("**Means.**")
    assert re.search(r"```sh\n\S.*?```", look, re.DOTALL), "no command to look with"
    assert len(mend.strip()) > 40


def test_the_runbook_names_the_lock_that_leaders_hold() -> None:
    assert f"objid = {LOCK}" in SECTIONS["LeaderAbsent"]


def test_the_rule_for_old_messages_waits_longer_than_they_are_hidden() -> None:
    (rule,) = (rule for rule in RULES if rule["alert"] == "UnackedTooOld")
    seconds = int(rule["expr"].rpartition(">")[2])
    assert seconds > app.conf.broker_transport_options["visibility_timeout"]


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
@pytest.mark.parametrize(
    "command", [("check", "rules", str(PLACE)), ("test", "rules", "tests/web/alert_rules.yaml")]
)
def test_prometheus_itself_understands_the_rules(command: tuple[str, ...]) -> None:
    done = subprocess.run(["promtool", *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_rule_fires_on_series_of_its_own() -> None:
    tried = yaml.safe_load((ROOT / "tests" / "web" / "alert_rules.yaml").read_text())["tests"]
    expected = [one for test in tried for one in test["alert_rule_test"]]
    fires = {one["alertname"] for one in expected if one.get("exp_alerts")}
    stays_silent = {one["alertname"] for one in expected if not one.get("exp_alerts")}
    assert fires == stays_silent == set(NAMES)
