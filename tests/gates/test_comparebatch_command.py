from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from evalsite.batches.models import Batch
from evalsite.gates.models import GateCheck
from evalsite.regressions.models import Comparison
from tests.factories import make_gate

PAIR = tuple[Batch, Batch]


@pytest.fixture
def pair(batch_of: Callable[..., Batch]) -> PAIR:
    """A batch and a much worse one after it."""
    return batch_of("P" * 80, age=10), batch_of("P" * 40 + "F" * 40)


def ran(*batches: Batch, **options: Any) -> tuple[int, str]:
    out = StringIO()
    named = [str(batch.pk) for batch in batches]
    try:
        call_command("comparebatch", *named, **options, tenant="acme", stdout=out)
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    return 0, out.getvalue()


def gate(margin: float = 0.1, **fields: Any) -> str:
    spec = {"primary": {"metric": "pass_rate", "margin": margin}, **fields}
    stored = make_gate(name="release", spec=spec)
    stored.declared_at = stored.declared_at.replace(year=2020)
    stored.save()
    return stored.name


def test_without_a_gate_a_regression_is_told_and_no_failure(pair: PAIR) -> None:
    code, told = ran(*pair)
    assert code == 0
    assert told.startswith("Regressed against")
    assert not GateCheck.objects.exists()


def test_a_gate_that_fails_ends_with_3(pair: PAIR) -> None:
    code, told = ran(*pair, gate=gate())
    assert code == 3
    assert "gate release v1: Failed" in told


def test_a_gate_that_passes_ends_with_0(pair: PAIR) -> None:
    assert ran(*reversed(pair), gate=gate())[0] == 0


def test_a_gate_that_is_open_ends_with_4(pair: PAIR) -> None:
    assert ran(*pair, gate=gate(min_pairs=100))[0] == 4


def test_alone_it_is_compared_with_its_own_baseline(pair: PAIR) -> None:
    assert ran(pair[1])[1].startswith("Regressed against")
    assert Comparison.objects.get().baseline == pair[0]


def test_a_baseline_can_be_named(pair: PAIR, batch_of: Callable[..., Batch]) -> None:
    ran(batch_of("P" * 80), baseline=str(pair[0].pk))
    assert Comparison.objects.get().baseline == pair[0]
    ran(pair[1], baseline="previous")
    assert Comparison.objects.get(batch=pair[1]).chosen_by == "previous"


def test_json_is_one_line(pair: PAIR) -> None:
    told = json.loads(ran(*pair, gate=gate(), json=True)[1])
    assert (told["event"], told["verdict"]) == ("comparison", "regressed")
    assert told["gate"]["outcome"] == "failed"
    assert told["gate"]["reasons"][0]["code"] == "claim_refuted"


def test_the_files_are_written(pair: PAIR, tmp_path: Path) -> None:
    junit, page = tmp_path / "junit.xml", tmp_path / "page.md"
    page.write_text("old")
    ran(*pair, gate=gate(), junit=str(junit), summary=str(page))
    assert '<testsuite name="gate release"' in junit.read_text()
    assert page.read_text().startswith("## ✗ failed: gate")
    assert sorted(tmp_path.iterdir()) == [junit, page]


@pytest.mark.parametrize("file", ["gone/x.xml", "."])
def test_a_file_that_cannot_be_written_is_refused_first(
    file: str, pair: PAIR, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match="file_unwritable"):
        ran(*pair, gate=gate(), junit=str(tmp_path / file))
    assert not Comparison.objects.exists()


def test_what_cannot_be_found_is_refused(pair: PAIR) -> None:
    with pytest.raises(CommandError, match="gate_unknown"):
        ran(*pair, gate="nope")
    with pytest.raises(CommandError, match="baseline_unknown"):
        ran(pair[0])
    with pytest.raises(CommandError, match="usage"):
        ran(*pair, baseline="previous")
    with pytest.raises(CommandError, match="comparison_refused"):
        ran(pair[0], pair[0])


def test_a_gate_of_another_suite_is_refused(pair: PAIR, tmp_path: Path) -> None:
    file = tmp_path / "g.yaml"
    file.write_text("name: g\nsuite: moon\nprimary: {metric: score, margin: 0.1}\n")
    with pytest.raises(CommandError, match="gate_unfit"):
        ran(*pair, gate=str(file))
