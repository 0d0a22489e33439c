from __future__ import annotations

import pytest

from evalsite.audit.models import Entry
from evalsite.experiments.decide import decide
from evalsite.experiments.declare import close_experiment
from evalsite.experiments.models import Decision, Experiment
from evalsite.experiments.queries import ExperimentOver
from evalsite.experiments.record import record_result
from evalsite.stats.decisions import non_inferiority
from evalsite.stats.estimates import estimate
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.experiments.groups import fill, fill_scores, graded
from tests.factories import make_experiment

pytestmark = pytest.mark.usefixtures("as_acme")


@pytest.fixture
def experiment(as_acme: Tenant) -> Experiment:
    return make_experiment(margin=0.05)


def at_the_margin() -> tuple[list[float], list[float]]:
    """Half of the tasks fall by 0.15, half rise by 0.05: by the margin on the average."""
    return [0.5] * 60, [0.35, 0.55] * 30


def codes(decision: Decision) -> list[str]:
    return [reason["code"] for reason in decision.reasons]


def of(decision: Decision, metric: str) -> dict[str, float]:
    return next(each for each in decision.figures["metrics"] if each["metric"] == metric)


def test_a_variant_as_good_is_deployed(experiment: Experiment) -> None:
    before, after = graded(1, n=200), graded(2, n=200)
    fill_scores(experiment, before, after)
    decision = decide(experiment)
    assert (decision.verdict, codes(decision)) == ("deploy", ["claim_shown"])
    wanted = non_inferiority(estimate(before, after), margin=0.05)
    assert decision.p_value == pytest.approx(wanted.p_value)
    assert (decision.effect_low, decision.effect_high) == pytest.approx(wanted.interval)
    assert decision.more_cases == 0


def test_a_variant_beyond_the_margin_is_rejected(experiment: Experiment) -> None:
    fill_scores(experiment, graded(1, n=200), graded(2, n=200, shift=-0.15))
    decision = decide(experiment)
    assert (decision.verdict, codes(decision)) == ("reject", ["harm_shown"])
    assert decision.effect is not None
    assert decision.effect < -0.1


def test_a_variant_at_the_margin_needs_review(experiment: Experiment) -> None:
    fill_scores(experiment, *at_the_margin())
    decision = decide(experiment)
    assert (decision.verdict, codes(decision)) == ("needs_review", ["not_settled"])
    experiment.refresh_from_db()
    assert experiment.state == "open"


def test_it_says_how_many_more_would_settle_it(experiment: Experiment) -> None:
    fill_scores(experiment, graded(1, n=30), graded(4, n=30, spread=0.2))
    decision = decide(experiment)
    assert decision.verdict == "needs_review"
    assert decision.more_cases is not None
    assert decision.more_cases > 0


def test_superiority_asks_for_more_than_no_harm() -> None:
    rows = graded(1, n=200), graded(2, n=200)
    modest, proud = (
        make_experiment(margin=0.05, claim=c) for c in ("non_inferiority", "superiority")
    )
    for each in (modest, proud):
        fill_scores(each, *rows)
    assert (decide(modest).verdict, decide(proud).verdict) == ("deploy", "reject")


def test_wins_losses_and_ties_by_the_band() -> None:
    experiment = make_experiment(margin=0.05, tie_band=0.1)
    fill_scores(experiment, [0.5] * 20, [0.6] * 10 + [0.7] * 6 + [0.3] * 4)
    decision = decide(experiment)
    assert (decision.wins, decision.losses, decision.ties, decision.n_pairs) == (6, 4, 10, 20)


def test_without_a_band_only_the_same_is_a_tie(experiment: Experiment) -> None:
    fill_scores(experiment, [0.1 + 0.2] * 20, [0.3] * 15 + [0.31] * 5)
    decision = decide(experiment)
    assert (decision.wins, decision.losses, decision.ties) == (5, 0, 15)


def test_repetitions_are_averaged_inside_a_task(experiment: Experiment) -> None:
    fill(experiment, "baseline", [{"score": 0.5}] * 20)
    for repetition, score in enumerate((0.2, 0.9)):
        fill(experiment, "variant", [{"score": score}] * 20, repetition=repetition)
    decision = decide(experiment)
    assert decision.n_pairs == 20
    assert decision.effect == pytest.approx(0.05)


def test_improvements_are_told_absolute_and_in_per_cent(experiment: Experiment) -> None:
    fill(
        experiment,
        "baseline",
        [{"score": 0.5, "latency_ms": 100 + n, "cost_usd": 0.02} for n in range(40)],
    )
    fill(
        experiment,
        "variant",
        [{"score": 0.6, "latency_ms": 80 + n, "cost_usd": 0.03} for n in range(40)],
    )
    decision = decide(experiment)
    score, latency, cost = (of(decision, name) for name in ("score", "latency_ms", "cost_usd"))
    assert (score["improvement"], score["per_cent"]) == pytest.approx((0.1, 20))
    assert (latency["difference"], latency["improvement"]) == pytest.approx((-20, 20))
    assert latency["per_cent"] == pytest.approx(100 * 20 / 119.5)
    assert cost["per_cent"] == pytest.approx(-50)
    assert latency["per_cent_low"] < latency["per_cent"] < latency["per_cent_high"]


def test_a_primary_metric_where_less_is_better() -> None:
    experiment = make_experiment(primary_metric="latency_ms", claim="superiority", margin=10)
    fill(experiment, "baseline", [{"score": 1.0, "latency_ms": 100 + n % 7} for n in range(40)])
    fill(experiment, "variant", [{"score": 1.0, "latency_ms": 70 + n % 5} for n in range(40)])
    decision = decide(experiment)
    assert (decision.verdict, decision.wins) == ("deploy", 40)
    assert decision.effect is not None
    assert decision.effect_low is not None
    assert decision.effect_high is not None
    assert decision.effect_low < decision.effect < decision.effect_high < -10


@pytest.mark.parametrize(("slower", "verdict"), [(5, "deploy"), (30, "reject")])
def test_a_guard_that_is_harmed_rejects(slower: int, verdict: str) -> None:
    experiment = make_experiment(margin=0.05, max_slower=0.1, max_dearer=0.1)
    fill(
        experiment,
        "baseline",
        [{"score": 0.5, "latency_ms": 100 + n % 9, "cost_usd": 0.02} for n in range(60)],
    )
    fill(
        experiment,
        "variant",
        [
            {"score": 0.5 + n % 3 / 50, "latency_ms": 100 + slower + n % 7, "cost_usd": 0.02}
            for n in range(60)
        ],
    )
    decision = decide(experiment)
    assert decision.verdict == verdict
    assert ("guard_harmed" in codes(decision)) == (verdict == "reject")


def test_a_guard_without_measures_needs_review() -> None:
    experiment = make_experiment(margin=0.05, max_slower=0.1)
    fill_scores(experiment, graded(1, n=200), graded(2, n=200))
    decision = decide(experiment)
    assert (decision.verdict, codes(decision)) == ("needs_review", ["guard_unmeasured"])


def test_few_pairs_need_review(experiment: Experiment) -> None:
    fill_scores(experiment, [1.0] * 14, [1.0] * 14)
    decision = decide(experiment)
    assert (decision.verdict, codes(decision)) == ("needs_review", ["too_few_pairs"])
    assert (decision.p_value, decision.more_cases) == (None, 1)


def test_few_clusters_need_review(experiment: Experiment) -> None:
    for group, seed in (("baseline", 1), ("variant", 2)):
        scores = graded(seed, n=60)
        rows = [{"score": score, "cluster": f"doc {n % 4}"} for n, score in enumerate(scores)]
        fill(experiment, group, rows)
    assert codes(decide(experiment)) == ["too_few_pairs"]


def test_clusters_widen_the_interval() -> None:
    alone, together = make_experiment(margin=0.05), make_experiment(margin=0.05)
    for group, seed in (("baseline", 1), ("variant", 2)):
        scores = [score for score in graded(seed, n=10) for _ in range(10)]
        fill(alone, group, [{"score": score} for score in scores])
        fill(
            together, group, [{"score": s, "cluster": f"d{n // 10}"} for n, s in enumerate(scores)]
        )
    narrow, wide = decide(alone), decide(together)
    assert "10 clusters" in wide.method
    assert _width(wide) > 2 * _width(narrow)


def _width(decision: Decision) -> float:
    assert decision.effect_low is not None
    assert decision.effect_high is not None
    return decision.effect_high - decision.effect_low


def test_one_empty_group_needs_review(experiment: Experiment) -> None:
    fill(experiment, "baseline", [{"score": 1.0}] * 20)
    decision = decide(experiment)
    assert (decision.verdict, codes(decision)) == ("needs_review", ["group_empty"])
    assert decision.variant_version == ""


def test_many_unscored_need_review(experiment: Experiment) -> None:
    fill_scores(experiment, graded(1, n=100), [*[None] * 30, *graded(2, n=70)])
    decision = decide(experiment)
    assert (decision.verdict, codes(decision)) == ("needs_review", ["too_many_unscored"])
    assert decision.n_pairs == 70
    assert decision.figures["groups"]["variant"]["unscored"] == 30


def test_results_of_different_judges_need_review(experiment: Experiment) -> None:
    fill(experiment, "baseline", [{"score": 1.0}] * 20, judged_by="panel 1")
    fill(experiment, "variant", [{"score": 1.0}] * 20, judged_by="panel 2")
    decision = decide(experiment)
    assert (decision.verdict, codes(decision)) == ("needs_review", ["judges_differ"])


def test_versions_may_be_named(experiment: Experiment) -> None:
    fill_scores(experiment, graded(1, n=100), graded(2, n=100))
    fill(experiment, "variant", [{"score": 0.0}] * 100, version="3.0")
    named = decide(experiment, variant_version="2.0")
    assert (named.verdict, named.variant_version) == ("deploy", "2.0")


def test_the_newest_version_is_meant(experiment: Experiment) -> None:
    fill_scores(experiment, graded(1, n=100), graded(2, n=100))
    fill(experiment, "variant", [{"score": 0.0}] * 100, version="3.0")
    assert decide(experiment).verdict == "reject"


def test_what_is_decided_stays_decided(experiment: Experiment) -> None:
    fill_scores(experiment, graded(1, n=200), graded(2, n=200))
    decision = decide(experiment, actor="alice")
    assert decide(experiment) == decision
    with pytest.raises(ExperimentOver):
        record_result(experiment, task="x", group="variant", version="2.0", score=0.0)
    assert Entry.objects.get(action="experiment.decided").actor == "alice"


def test_a_second_look_is_told(experiment: Experiment) -> None:
    fill_scores(experiment, *at_the_margin())
    assert decide(experiment).verdict == "needs_review"
    assert "looked_before" in codes(decide(experiment))


def test_a_closed_experiment_is_not_decided(experiment: Experiment) -> None:
    with pytest.raises(ExperimentOver):
        decide(close_experiment(experiment))


def test_the_declaration_is_frozen_with_it(experiment: Experiment) -> None:
    fill_scores(experiment, graded(1, n=200), graded(2, n=200))
    declared = decide(experiment).declaration
    assert (declared["margin"], declared["claim"]) == (0.05, "non_inferiority")


def test_another_tenant_decides_nothing_of_it(experiment: Experiment, globex: Tenant) -> None:
    fill_scores(experiment, graded(1, n=200), graded(2, n=200))
    with tenant(globex.pk), pytest.raises(Experiment.DoesNotExist):
        decide(experiment)
