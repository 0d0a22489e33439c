from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from evalsite.audit.models import Entry
from evalsite.gates.declare import declare
from evalsite.gates.models import Gate
from evalsite.gates.queries import GateUnknown, resolve_gate
from evalsite.gates.read import GateFile, GateInvalid, parse_gate
from evalsite.gates.write import as_file
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_suite, make_target

pytestmark = pytest.mark.usefixtures("as_acme")

TEXT = """
name: release
primary: {metric: pass_rate, margin: 0.05}
limits: [{metric: unscored_rate, at_most: 0.1}]
"""


def wanted(more: str = "") -> GateFile:
    return parse_gate((TEXT + more).encode())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "release.yaml"
    place.write_text(TEXT)
    return place


def ran(*arguments: Any, **options: Any) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command(*arguments, **options, tenant="acme", stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_a_new_gate_is_version_one() -> None:
    gate = declare(wanted(), actor="ann")
    assert (gate.version, gate.declared_by) == (1, "ann")
    assert as_file(gate) == wanted()
    assert Entry.objects.get(action="gate.added").actor == "ann"


def test_the_same_again_changes_nothing() -> None:
    first, second = declare(wanted()), declare(wanted())
    assert (second.version, second.declared_at) == (1, first.declared_at)
    assert Entry.objects.filter(action__startswith="gate.").count() == 1


def test_another_demand_is_another_version_declared_now() -> None:
    first = declare(wanted(), actor="ann")
    second = declare(wanted("alpha: 0.1"), actor="bob")
    assert (second.version, second.declared_by) == (2, "bob")
    assert second.declared_at > first.declared_at
    entry = Entry.objects.get(action="gate.changed")
    assert entry.actor == "bob"
    assert (entry.before, entry.after) == (
        {"alpha": 0.05, "version": 1},
        {"alpha": 0.1, "version": 2},
    )


def test_another_place_or_note_is_no_other_demand() -> None:
    first, suite, target = declare(wanted()), make_suite(), make_target()
    second = declare(wanted(f"suite: {suite.name}\ntarget: {target.name}\nnote: why"))
    assert (second.version, second.declared_at) == (1, first.declared_at)
    assert (second.suite, second.target, second.note) == (suite, target, "why")
    now = {"note": "why", "suite": suite.name, "target": target.name}
    assert Entry.objects.get(action="gate.changed").after == now


def test_a_place_that_is_not_there_is_refused() -> None:
    with pytest.raises(GateInvalid, match="there is no target 'moon'"):
        declare(wanted("target: moon"))
    assert not Gate.objects.exists()


def test_a_gate_is_found_by_name_in_its_own_tenant(globex: Tenant) -> None:
    gate = declare(wanted())
    assert resolve_gate("release").gate == gate
    with tenant(globex.pk), pytest.raises(GateUnknown, match="no gate 'release'"):
        resolve_gate("release")


def test_a_file_that_says_what_is_stored_is_that_gate(path: Path) -> None:
    gate = declare(wanted())
    found = resolve_gate(str(path))
    assert (found.gate, found.declared_at) == (gate, gate.declared_at)


def test_another_file_is_declared_when_it_is_read_before_the_batch(path: Path) -> None:
    declare(wanted("alpha: 0.1"))
    late, early = resolve_gate(str(path)), resolve_gate(str(path), before_batch=True)
    assert (late.gate, late.declared_at) == (early.gate, None) == (None, None)
    assert early.declared_at is not None


def test_setgate_shows_what_changes_and_check_changes_nothing(path: Path) -> None:
    out, err = ran("setgate", str(path), check=True)
    assert "+  margin: 0.05" in out
    assert "would be declared" in err
    assert not Gate.objects.exists()


def test_setgate_declares_and_says_the_version(path: Path) -> None:
    assert "gate release is declared: version 1" in ran("setgate", str(path))[1]
    assert ran("setgate", str(path)) == ("", "gate release is as wanted: version 1\n")
    path.write_text(TEXT.replace("0.05", "0.02"))
    out, err = ran("setgate", str(path))
    assert ("-  margin: 0.05" in out, "+  margin: 0.02" in out) == (True, True)
    assert "version 2" in err


@pytest.mark.parametrize(
    ("text", "code"), [("name: [", "gate_unreadable"), ("name: g", "gate_invalid")]
)
def test_a_bad_file_ends_with_usage(text: str, code: str, path: Path) -> None:
    path.write_text(text)
    with pytest.raises(CommandError, match=rf"\[{code}\] .*release\.yaml: ") as caught:
        ran("setgate", str(path))
    assert caught.value.returncode == 2


def test_exportgate_gives_the_file_back(path: Path) -> None:
    ran("setgate", str(path))
    assert parse_gate(ran("exportgate", "release")[0].encode()) == wanted()
    assert json.loads(ran("exportgate", "release", json=True)[0])["name"] == "release"
    with pytest.raises(CommandError, match="gate_unknown"):
        ran("exportgate", "nope")
