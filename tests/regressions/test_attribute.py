"""A change is split exactly, and what stands out is named first."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.regressions.attribute import attribute
from evalsite.regressions.frame import Frame
from evalsite.regressions.revisions import Profile
from evalsite.regressions.slices import KINDS
from tests.regressions.in_memory import (
    CATEGORIES,
    STAGES,
    TAGS,
    Judged,
    failing,
    frame_of,
    passing,
    random_profile,
)

_result = st.one_of(
    st.tuples(st.sampled_from(("passed", "failed")), st.floats(0, 1)),
    st.tuples(st.sampled_from(("skipped", "not_applicable", "unscored", "errored")), st.none()),
)
_card = st.lists(_result, min_size=3, max_size=3)
_profile = st.builds(
    Profile,
    st.lists(st.sampled_from(TAGS), max_size=3, unique=True).map(tuple),
    st.sampled_from(CATEGORIES),
    st.sampled_from((None, 1, 5)),
)
_repetitions = st.lists(_card, min_size=1, max_size=2)
_case = st.tuples(_profile, _repetitions, _repetitions)
_weights = st.tuples(*[st.floats(0.1, 5)] * 3)


def framed(cases: list[Any], weights: tuple[float, ...]) -> Frame:
    sides = [[Judged(i, card) for i, case in enumerate(cases) for card in case[k]] for k in (1, 2)]
    return frame_of(sides[0], sides[1], profiles=[case[0] for case in cases], weights=weights)


@settings(max_examples=80, deadline=None)
@given(st.lists(_case, min_size=1, max_size=12), _weights)
def test_parts_add_up_to_the_whole(cases: list[Any], weights: tuple[float, ...]) -> None:
    frame = framed(cases, weights)
    for name, split in attribute(frame).items():
        sides = frame.sides(name)
        if not len(sides.before):
            assert split["effect"] is None
            continue
        effect = sum(sides.after) / len(sides.after) - sum(sides.before) / len(sides.before)
        assert split["effect"] == pytest.approx(effect, abs=1e-9)
        assert sum(part["contribution"] for part in split["stages"]) == pytest.approx(
            effect, abs=1e-9
        )
        for kind in KINDS:
            parts = [part for part in split["slices"] if part["kind"] == kind]
            assert sum(part["contribution"] for part in parts) == pytest.approx(effect, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.lists(_case, min_size=1, max_size=12), _weights)
def test_stages_of_slices_add_up_to_both(cases: list[Any], weights: tuple[float, ...]) -> None:
    for split in attribute(framed(cases, weights)).values():
        for part in split["slices"]:
            assert sum(part["stages"].values()) == pytest.approx(part["contribution"], abs=1e-9)
        for stage in split["stages"]:
            for kind in KINDS:
                parts = [p["stages"] for p in split["slices"] if p["kind"] == kind]
                total = sum(stages.get(stage["stage"], 0.0) for stages in parts)
                assert total == pytest.approx(stage["contribution"], abs=1e-9)


def test_a_case_is_lost_at_its_first_failing_stage() -> None:
    both = [("passed", 1.0), ("failed", 0.0), ("failed", 0.0)]
    split = of([both], [passing()])["pass_rate"]
    assert contributions(split) == {"syntax": 0, "logic": -1, "semantics": 0}


def test_a_score_falls_by_weight_and_a_skipped_stage_is_nothing() -> None:
    stopped = [("failed", 0.0), ("skipped", None), ("skipped", None)]
    split = of([stopped], [passing()], weights=(1.0, 2.0, 1.0))["score"]
    assert contributions(split) == {"syntax": -0.25, "logic": -0.5, "semantics": -0.25}


def test_a_case_is_shared_among_its_tags() -> None:
    profile = Profile(("dates", "units"), "", None)
    split = of([failing("logic")], [passing()], profiles=[profile])["pass_rate"]
    tags = [part for part in split["slices"] if part["kind"] == "tag"]
    assert {part["value"]: part["contribution"] for part in tags} == {"dates": -0.5, "units": -0.5}


def test_very_many_values_are_put_together() -> None:
    profiles = [Profile((f"tag-{i}",), "", None) for i in range(130)]
    now = [failing("logic")] * 130
    split = of(now, [passing()] * 130, profiles=profiles)["pass_rate"]
    tags = [part for part in split["slices"] if part["kind"] == "tag"]
    assert (len(tags), tags[-1]["value"], tags[-1]["n"]) == (101, None, 30)
    assert sum(part["contribution"] for part in tags) == pytest.approx(-1.0)


def test_of_what_changed_alike_the_largest_is_shown() -> None:
    profiles = [Profile((), "", None)] * 20
    profiles += [Profile((f"tag-{i}",), "", None) for i in range(150)]
    split = of([passing()] * 170, [passing()] * 170, profiles=profiles)["pass_rate"]
    tags = [part for part in split["slices"] if part["kind"] == "tag"]
    assert [(part["value"], part["n"]) for part in (tags[0], tags[-1])] == [("", 20), (None, 51)]


@pytest.mark.parametrize("seed", range(40))
def test_a_planted_regression_is_named_first(seed: int) -> None:
    dice = random.Random(seed)
    stage = dice.choice(STAGES)
    part = dice.choice([("tag", tag) for tag in TAGS] + [("category", "search")])
    for split in suite(dice, lost=0.6, part=part, stage=stage).values():
        first = split["standouts"][0]
        assert (first["stage"], first["kind"], first["value"]) == (stage, *part)
        assert first["contribution"] < first["expected"] < 0


def test_an_even_change_names_no_slice() -> None:
    """Of 40 suites one in twenty may be named by luck."""
    named = 0
    for seed in range(40):
        split = suite(random.Random(seed), lost=0.2, part=None, stage="logic")["pass_rate"]
        assert split["effect"] < -0.1
        named += bool(split["standouts"])
    assert named <= 2


def test_one_unlucky_document_is_no_slice() -> None:
    """Fifteen cases of one tag fail together: fifteen votes, or one."""
    profiles = [Profile(("dates",) if i < 30 else (), "", None) for i in range(120)]
    now = [failing("logic") if i < 15 else passing() for i in range(120)]
    alone, together = (
        of(now, [passing()] * 120, profiles=profiles, clusters=clusters)["pass_rate"]["standouts"]
        for clusters in (None, [1 + i // 15 for i in range(120)])
    )
    assert [row["value"] for row in alone] == ["dates"]
    assert together == []


def of(now: list[Any], before: list[Any], **how: Any) -> dict[str, Any]:
    how.setdefault("profiles", [Profile((), "", None)] * len(now))
    sides = [[Judged(i, card) for i, card in enumerate(side)] for side in (now, before)]
    return attribute(frame_of(sides[0], sides[1], **how))


def contributions(split: dict[str, Any]) -> dict[str, float]:
    return {part["stage"]: part["contribution"] for part in split["stages"]}


def suite(
    dice: random.Random, *, lost: float, part: tuple[str, str] | None, stage: str
) -> dict[str, Any]:
    """300 cases of which one in twelve fails by luck; `lost` of those in the part fail now."""
    profiles = [random_profile(dice) for _ in range(300)]
    sides = [[_noisy(dice) for _ in profiles] for _ in (0, 1)]
    for i, profile in enumerate(profiles):
        if (part is None or part in set(profile.slices())) and dice.random() < lost:
            sides[0][i] = failing(stage)
    return of(sides[0], sides[1], profiles=profiles)


def _noisy(dice: random.Random) -> Any:
    return failing(dice.choice(STAGES)) if dice.random() < 1 / 12 else passing()
