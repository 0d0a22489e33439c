"""A gate believes a model judge while people's labels of that very version let it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pydantic import ValidationError

from evalsite.batches.models import Batch
from evalsite.calibration.draw import draw
from evalsite.calibration.models import Label
from evalsite.calibration.work import answer, take
from evalsite.cases.queries import Selection
from evalsite.endpoints.models import Endpoint
from evalsite.env import ROOT
from evalsite.gates.check import Held, check
from evalsite.gates.models import GateCheck
from evalsite.gates.spec import GateSpec, JudgeLicence
from evalsite.pipeline import launch
from evalsite.regressions.compare import compare_with
from evalsite.scoring.models import Scorecard
from tests.fake_model import FakeModel, fake_model
from tests.pipeline.bench import deliver_all, launched
from tests.pipeline.judge_models import sound
from tests.services import Services

RUBRIC = tomllib.loads((ROOT / "judges" / "prompts" / "correctness.toml").read_text())
LICENCE = {"min_labels": 20, "min_agreement_lower": 0.8}


@pytest.fixture(autouse=True)
def fake(
    as_acme: object, knobs: Callable[..., None], services: Services, settings: Any
) -> Iterator[FakeModel]:
    settings.VALKEY_URL = services.broker_url
    knobs(outbound_allow=json.dumps(["127.0.0.1:*"]))
    with fake_model(sound) as running:
        Endpoint.objects.create(name="judges", base_url=running.base_url, is_default=True)
        yield running


def options(rubric: dict[str, Any]) -> dict[str, Any]:
    return {"judges": [{"name": "rubric", "options": {"model": "m", "rubric": rubric}}]}


def again(batch: Batch, rubric: dict[str, Any] = RUBRIC) -> Batch:
    """Judge the same run once more."""
    given: dict[str, Any] = {"selection": Selection(), "options": options(rubric), "actor": "ann"}
    started = launch.start(suite=batch.suite, run=batch.run, pack="exact", **given)
    return deliver_all(started)


@pytest.fixture
def first() -> Batch:
    """Twenty cases, judged by a model."""
    return deliver_all(launched([{"answer": "4"}] * 20, pack="exact", options=options(RUBRIC)))


def label_all(batch: Batch, *, agree: int = 20) -> None:
    """Answer a queue of all its cases, so many of them as the machine did."""
    queue = draw(batch, name=f"q {batch.pk}", size=100, stage="rubric", seed=1)
    while item := take(queue, who="ann"):
        passed = Scorecard.objects.get(batch=batch, revision=item.revision_id).overall_passed
        answer(item, who="ann", passed=bool(passed) == (item.number <= agree))


def asked(batch: Batch, baseline: Batch, **licence: Any) -> GateCheck:
    wanted = {
        "primary": {"metric": "pass_rate", "margin": 0.9},
        "judge_licence": {**LICENCE, **licence},
        "demand_comparable": False,
        "refuse_untrusted": False,
    }
    spec = GateSpec.model_validate(wanted)
    before = batch.created_at - timedelta(days=1)
    return check(Held("g", spec, declared_at=before), compare_with(batch, baseline))


def unlicensed(made: GateCheck) -> list[str]:
    told = [r["text"] for r in made.reasons if r["code"] == "judge_unlicensed"]
    return [text for text in told if text.startswith("judge ")]


def test_one_changed_character_revokes_the_licence(first: Batch) -> None:
    second = again(first)
    assert asked(second, first).outcome == "needs_review"
    label_all(first)
    assert asked(second, first).outcome == "passed"

    other = again(first, {**RUBRIC, "instructions": RUBRIC["instructions"] + "!"})
    made = asked(other, second)
    assert made.outcome == "needs_review"
    (told,) = unlicensed(made)
    assert "judge rubric of stage rubric" in told
    assert "the prompt changed" in told
    assert "no labels for this version, 20 are wanted" in told
    (primary,) = [reason for reason in made.reasons if reason["rule"] == "primary"]
    assert primary["code"] == "judge_unlicensed"

    label_all(other)
    assert asked(other, second).outcome == "passed"


def test_an_endpoint_with_another_model_revokes_it(first: Batch) -> None:
    label_all(first)
    assert asked(again(first), first).outcome == "passed"
    Endpoint.objects.update(default_model="newer")
    (told,) = unlicensed(asked(again(first), first))
    assert "the endpoint or its model changed" in told


@pytest.mark.parametrize(
    ("licence", "told"),
    [
        ({"min_labels": 21}, "20 labelled cases count, 21 are wanted"),
        ({"min_agreement_lower": 0.9}, "agreement is 100.0 %, its interval begins at 83.9 %"),
        ({"min_kappa_lower": 0.2}, "kappa is not defined"),
    ],
)
def test_what_is_missing_is_said(first: Batch, licence: dict[str, Any], told: str) -> None:
    label_all(first)
    (text,) = unlicensed(asked(again(first), first, **licence))
    assert told in text


def test_too_little_agreement_is_no_licence(first: Batch) -> None:
    label_all(first, agree=15)
    (text,) = unlicensed(asked(again(first), first))
    assert "agreement is 75.0 %" in text


def test_old_labels_and_picked_ones_do_not_count(first: Batch) -> None:
    label_all(first)
    second = again(first)
    Label.objects.update(created_at=timezone.now() - timedelta(days=31))
    (text,) = unlicensed(asked(second, first, max_age_days=30))
    assert "0 labelled cases count (20 more are too old or of cases that somebody picked)" in text
    Label.objects.update(created_at=timezone.now(), is_drawn=False)
    assert unlicensed(asked(second, first))
    assert asked(second, first, drawn_only=False).outcome == "passed"


def test_other_stages_need_none(first: Batch) -> None:
    assert asked(again(first), first, stages=["logic"]).outcome == "passed"


def test_who_asks_no_model_needs_none() -> None:
    first = deliver_all(launched([{"answer": "4"}] * 20, pack="exact"))
    given: dict[str, Any] = {"selection": Selection(), "options": {}, "actor": "ann"}
    second = launch.start(suite=first.suite, run=first.run, pack="exact", **given)
    assert asked(deliver_all(second), first).outcome == "passed"


def test_a_licence_without_a_bound_is_refused() -> None:
    with pytest.raises(ValidationError, match="min_kappa_lower"):
        JudgeLicence()
