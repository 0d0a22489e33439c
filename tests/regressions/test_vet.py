"""What differs between two batches besides the run is named, or the comparison refused."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from evalsite.batches.models import Batch
from evalsite.regressions.compare import compare_with
from evalsite.regressions.vet import ComparisonRefused, vet
from tests.factories import MANIFEST, make_batch, make_run, make_scorecard, make_suite

pytestmark = pytest.mark.usefixtures("as_acme")


def pair(**fields: Any) -> tuple[Batch, Batch]:
    """A batch with these fields, and a plain one before it."""
    before = make_batch(state="finished")
    run = fields.pop("run", None) or make_run(target=before.run.target)
    return make_batch(**{"suite": before.suite, "run": run, "state": "finished", **fields}), before


def warned(**fields: Any) -> dict[str, str]:
    return {one.code: one.text for one in vet(*pair(**fields))}


def staged(**fields: Any) -> dict[str, Any]:
    manifest: dict[str, Any] = copy.deepcopy(MANIFEST)
    manifest["stages"][0].update(fields)
    return warned(manifest=manifest)


def test_alike_batches_have_no_warning() -> None:
    assert warned() == {}


@pytest.mark.parametrize(
    ("fields", "code", "text"),
    [
        ({"suite_version": 2}, "suite_version_differs", "suite version: 1 before, 2 now"),
        ({"repetitions": 3}, "repetitions_differ", "repetitions: 1 before, 3 now"),
        (
            {"selection": {"limit": 5}},
            "selection_differs",
            'selection of cases: none before, {"limit": 5} now',
        ),
        (
            {"preflight": "not_checked"},
            "preflight_differs",
            "preflight of the judges: not_needed before, not_checked now",
        ),
        (
            {"state": "cancelled"},
            "batch_cancelled",
            "the batch was cancelled: some cases are not in it",
        ),
        (
            {"manifest": {**MANIFEST, "pack_version": "2"}},
            "pack_version_differs",
            "pack version: 1 before, 2 now",
        ),
        (
            {"manifest": {**MANIFEST, "options": {"strict": True}}},
            "options_differ",
            "option strict: none before, true now",
        ),
        (
            {"manifest": {**MANIFEST, "stages": []}},
            "stages_differ",
            'stages: ["exact"] before, none now',
        ),
    ],
)
def test_each_difference_is_named(fields: dict[str, Any], code: str, text: str) -> None:
    assert warned(**fields) == {code: text}


@pytest.mark.parametrize(
    ("fields", "code", "text"),
    [
        ({"judge": "f1"}, "judge_differs", "judge of stage exact: exact before, f1 now"),
        ({"weight": 2.0}, "weight_differs", "weight of stage exact: 1.0 before, 2.0 now"),
        ({"gate": True}, "gate_differs", "gate of stage exact: false before, true now"),
        (
            {"judge_options": {"case": 1}},
            "judge_options_differ",
            'judge options of stage exact: none before, {"case": 1} now',
        ),
        (
            {"judge_pins": {"prompt": "a1"}},
            "judge_pins_differ",
            'prompt or model of stage exact: none before, {"prompt": "a1"} now',
        ),
    ],
)
def test_each_difference_of_a_stage_is_named(fields: dict[str, Any], code: str, text: str) -> None:
    assert staged(**fields) == {code: text}


def test_other_targets_and_clients_are_named() -> None:
    assert set(warned(run=make_run(client_type="web"))) == {"target_differs", "client_type_differs"}


def test_another_sandbox_is_named() -> None:
    manifest = {"stages": [{"name": "tests", "lane": "sandbox"}]}
    now, before = pair(manifest=manifest)
    Batch.objects.filter(pk=before.pk).update(manifest=manifest)
    before.refresh_from_db()
    for batch, tier in ((now, "T1"), (before, "T2")):
        details = {"tests": {"reason": "", "details": {"sandbox": {"tier": tier}}}}
        make_scorecard(batch=batch, details=details)
    (found,) = vet(now, before)
    assert found == ("sandbox_differs", 'sandbox tier: ["T2"] before, ["T1"] now')


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"pack": "rag"}, "the packs are exact and rag"),
        ({"suite": None}, "the suites are"),
        ({"state": "running"}, "is running"),
    ],
)
def test_what_has_nothing_to_do_with_each_other_is_refused(
    fields: dict[str, Any], why: str
) -> None:
    if "suite" in fields:
        fields = {"suite": make_suite()}
    with pytest.raises(ComparisonRefused, match=why) as refused:
        compare_with(*pair(**fields))
    assert (refused.value.code, refused.value.exit_code) == ("comparison_refused", 2)


def test_a_batch_is_not_compared_with_itself() -> None:
    batch = make_batch(state="finished")
    with pytest.raises(ComparisonRefused, match="itself"):
        compare_with(batch, batch)
