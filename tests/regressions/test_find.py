"""Each metric, whole and by slice: tested, corrected together, judged by which way is better."""

from __future__ import annotations

import random
from typing import Any

import pytest

from evalsite.regressions.find import Finding, find
from evalsite.regressions.frame import MOST_SLICES, Frame
from evalsite.regressions.metrics import metric
from evalsite.regressions.revisions import Profile
from evalsite.stats.corrections import benjamini_hochberg
from evalsite.stats.paired import compare_scores
from tests.regressions.in_memory import Judged, failing, frame_of, passing, random_profile

PLAIN = Profile((), "", None)


def of(fails: int, *, n: int, profiles: list[Profile] | None = None, **how: Any) -> Frame:
    """All passed before; so many fail now, the first ones."""
    now = [Judged(i, failing("logic") if i < fails else passing()) for i in range(n)]
    before = [Judged(i, passing()) for i in range(n)]
    return frame_of(now, before, profiles=profiles or [PLAIN] * n, **how)


def found(frame: Frame, doubt: str = "") -> dict[tuple[str, str], Finding]:
    return {(f.metric, f.value): f for f in find(frame, doubt=lambda _kind, _value: doubt)}


def random_frame(seed: int, *, n: int = 200) -> Frame:
    dice = random.Random(seed)
    now, before = (
        [
            Judged(i, failing("logic", dice.random()) if dice.random() < p else passing())
            for i in range(n)
        ]
        for p in (0.3, 0.15)
    )
    return frame_of(now, before, profiles=[random_profile(dice) for _ in range(n)])


def test_more_latency_is_worse() -> None:
    dice = random.Random(1)
    before = [Judged(i, passing(), dice.gauss(100, 5)) for i in range(40)]
    now = [one._replace(latency_ms=one.latency_ms + (20 if one.case else -10)) for one in before]
    frame = frame_of(now, before, profiles=[PLAIN] * 40)
    slower = found(frame)["latency_ms", ""]
    assert (slower.verdict, slower.worse, slower.better) == ("regressed", 39, 1)
    assert slower.paired.effect == pytest.approx(19.25)


def test_fewer_cases_without_a_verdict_is_better() -> None:
    errored = [("errored", None), *passing()[1:]]
    now = [Judged(i, passing()) for i in range(60)]
    before = [Judged(i, errored if i < 20 else passing()) for i in range(60)]
    frame = frame_of(now, before, profiles=[PLAIN] * 60)
    fewer = found(frame)["unscored_rate", ""]
    assert (fewer.verdict, fewer.better, fewer.left_out) == ("improved", 20, 0)


def test_the_headline_stands_alone_and_the_others_are_corrected_together() -> None:
    findings = find(random_frame(3), doubt=lambda _kind, _value: "")
    headline = next(f for f in findings if f.is_headline)
    assert headline.p_corrected == headline.paired.p_value
    others = [f for f in findings if not f.is_headline and f.paired.p_value is not None]
    raw = [f.paired.p_value or 0.0 for f in others]
    assert [f.p_corrected for f in others] == benjamini_hochberg(raw)
    assert len(others) > 10


def test_a_finding_that_counts_alone_may_not_among_many() -> None:
    """Six of twenty changed, in one of twelve slices: p 0.031, corrected far above 0.05."""
    profiles = [Profile((f"tag-{i // 20}",), "", None) for i in range(240)]
    slice_ = found(of(6, n=240, profiles=profiles))["pass_rate", "tag-0"]
    assert (slice_.paired.p_value, slice_.verdict) == (0.03125, "no_difference")
    assert slice_.paired.more_cases == 0
    assert slice_.more_cases is not None
    assert slice_.more_cases > 0


@pytest.mark.parametrize("seed", range(5))
def test_figures_are_those_of_the_pairs(seed: int) -> None:
    frame = random_frame(seed)
    for (name, value), finding in found(frame).items():
        sides = frame.sides(name, kind=finding.kind, value=value)
        wanted = compare_scores(sides.before, sides.after, span=metric(name).span or 1.0)
        assert (finding.paired.p_value, finding.paired.interval) == (
            wanted.p_value,
            wanted.interval,
        )
        assert finding.paired.n + finding.left_out == int(frame.inside(finding.kind, value).sum())


def test_the_same_pairs_give_the_same_figures() -> None:
    assert found(random_frame(4)) == found(random_frame(4))


def test_swapping_the_sides_turns_the_verdict_around() -> None:
    frame = of(20, n=60)
    swapped = Frame(**{**vars(frame), "now": frame.before, "before": frame.now, "_masks": {}})
    assert found(frame)["pass_rate", ""].verdict == "regressed"
    assert found(swapped)["pass_rate", ""].verdict == "improved"
    assert found(swapped)["pass_rate", ""].paired.effect == pytest.approx(1 / 3)


def test_doubt_leaves_what_no_judge_said() -> None:
    before = [Judged(i, passing(), 10.0) for i in range(60)]
    now = [Judged(i, failing("logic") if i < 20 else passing(), 30.0) for i in range(60)]
    frame = frame_of(now, before, profiles=[PLAIN] * 60)
    findings = found(frame, doubt="judge_untrusted: the judges of the batch")
    assert findings["pass_rate", ""].verdict == findings["score", ""].verdict == "inconclusive"
    assert findings["latency_ms", ""].verdict == "regressed"


def test_a_case_of_a_cluster_is_no_vote_of_its_own() -> None:
    """Ten cases of one document fail together: p 0.002, or one unlucky document of eight."""
    alone = found(of(10, n=80))["pass_rate", ""]
    together = found(of(10, n=80, clusters=[1 + i // 10 for i in range(80)]))["pass_rate", ""]
    assert (alone.verdict, together.verdict) == ("regressed", "no_difference")
    assert together.paired.clusters == 8


def test_few_clusters_are_inconclusive() -> None:
    frame = of(20, n=80, clusters=[1 + i // 20 for i in range(80)])
    headline = found(frame)["pass_rate", ""]
    assert (headline.verdict, headline.paired.clusters) == ("inconclusive", 4)


def test_of_very_many_slices_the_largest_are_looked_at() -> None:
    profiles = [Profile((f"tag-{i % 150}",), "large", None) for i in range(300)]
    parts = of(0, n=300, profiles=profiles).looked_at
    assert (len(parts), parts[0]) == (MOST_SLICES, ("category", "large"))


def test_slices_are_sized_up_without_a_mask_for_each() -> None:
    """As many tags as cases once took minutes, in the transaction that closes the batch."""
    frame = of(0, n=300, profiles=[Profile((f"tag-{i}",), "", None) for i in range(300)])
    assert len(frame.looked_at) == MOST_SLICES
    assert not frame._masks
    assert frame.n_slices == 300
    assert frame.holds(("tag", "tag-7"))
    assert not frame.holds(("tag", "tag-300"))
    assert frame.inside("tag", "tag-7").sum() == 1
