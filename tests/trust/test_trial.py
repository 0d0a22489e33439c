"""Which judges are tried, with what, and what makes a judge another one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from evalsite.endpoints.models import Endpoint
from evalsite.tenants.models import Tenant
from evalsite.trust.configuration import configuration_of
from evalsite.trust.nested import named, texts
from evalsite.trust.trial import JudgeUntried, stages_to_try, try_judge
from judges.mock import MockModel
from judges.models import calling

POLITENESS = {
    "title": "Politeness",
    "instructions": "Is it polite?",
    "choices": {"Y": {"score": 1, "means": "yes"}, "N": {"score": 0, "means": "no"}},
}
JURY: dict[str, Any] = {
    "judges": ["exact", {"name": "rubric", "options": {"endpoint": "b", "rubric": POLITENESS}}]
}


def stage(judge: str = "rubric", *, lane: str = "model", **options: Any) -> dict[str, Any]:
    """A stage as a manifest has it."""
    known = {"name": judge, "judge": judge, "judge_version": "1", "judge_pins": {}, "lane": lane}
    return {**known, "judge_options": options}


def n_probes(judge: str, **options: Any) -> int:
    with calling(MockModel()):
        return len(asyncio.run(try_judge(stage(judge, **options))).probes)


@pytest.mark.parametrize(
    ("judged", "tried"),
    [
        (stage(), True),
        (stage("a pack's own"), True),
        (stage("jury", **JURY), True),
        (stage("exact", lane="cpu"), False),
        (stage(endpoint="mock"), False),
        (stage("embedding", model="m"), False),
    ],
    ids=["rubric", "own", "jury", "cpu", "mock", "embedding"],
)
def test_who_is_tried(judged: dict[str, Any], tried: bool) -> None:
    assert list(stages_to_try({"stages": [judged]})) == [judged] * tried


def test_right_and_wrong_are_tried_with_all_probes() -> None:
    assert n_probes("rubric") == n_probes("rubric", rubric="faithfulness") == 40


def test_of_any_other_rubric_only_what_none_may_pass() -> None:
    assert n_probes("rubric", rubric=POLITENESS) == n_probes("jury", **JURY) == 20


def test_a_judge_of_its_pack_cannot_be_tried() -> None:
    with pytest.raises(JudgeUntried, match="its pack's own"):
        asyncio.run(try_judge(stage("told")))


@pytest.mark.parametrize(
    "other",
    [
        {**stage(), "judge_version": "2"},
        {**stage(), "judge_pins": {"prompt": "other"}},
        stage(votes=3),
        stage(endpoint="b"),
        stage("pairwise"),
    ],
    ids=["version", "pins", "options", "endpoint", "judge"],
)
def test_what_makes_another_judge(other: dict[str, Any], as_acme: Tenant) -> None:
    assert configuration_of(stage()).digest == configuration_of(stage()).digest
    assert configuration_of(other).digest != configuration_of(stage()).digest


def test_a_jurors_endpoint_counts(as_acme: Tenant) -> None:
    Endpoint.objects.create(name="b", base_url="https://b.example/v1")
    before = configuration_of(stage("jury", **JURY))
    assert before.material["places"] == {"b": ["https://b.example/v1", ""]}
    Endpoint.objects.update(base_url="https://c.example/v1")
    assert configuration_of(stage("jury", **JURY)).digest != before.digest


def test_the_default_endpoint_counts_where_it_is_meant(as_acme: Tenant) -> None:
    both: dict[str, Any] = {"judges": ["rubric", {"name": "rubric", "options": {"endpoint": "b"}}]}
    assert list(configuration_of(stage("jury", **both)).material["places"]) == ["", "b"]


def test_options_are_read_through_and_through() -> None:
    assert list(named(JURY, "endpoint")) == ["b"]
    assert "exact" in texts(JURY)
    assert "judges" not in texts(JURY)
