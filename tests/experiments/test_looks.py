"""Looking at a batch while it runs: when it stops, what is recorded, and how often it errs."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from evalsite.audit.models import Entry
from evalsite.batches.models import Batch, Chunk
from evalsite.cases.models import Suite
from evalsite.errors import EvalsiteError
from evalsite.experiments.looks import differences, look, sequence_of
from evalsite.experiments.models import Arm, Decision, Experiment, Result
from evalsite.pipeline import score
from evalsite.pipeline.conclude import conclude
from evalsite.pipeline.launch import resume
from evalsite.scoring.models import Scorecard
from evalsite.summaries.models import Summary
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from packs.registry import BUILTIN_PACKS
from tests.experiments.suites import begun, deliver, with_answers
from tests.factories import make_experiment, make_suite
from tests.pipeline.bench import told

pytestmark = pytest.mark.usefixtures("as_acme")

N = 240


@pytest.fixture
def suite(as_acme: Tenant) -> Suite:
    return make_suite()


@pytest.fixture
def experiment(as_acme: Tenant) -> Experiment:
    return make_experiment(name="study", margin=0, claim="superiority", peek_safe=True)


def passes(share: float, *, seed: int) -> list[bool]:
    dice = random.Random(seed)
    return [dice.random() < share for _ in range(N)]


def watched(suite: Suite, *, before: float, now: float) -> Batch:
    """A variant's batch that is about to be scored, beside a finished baseline."""
    baseline = with_answers(suite, passes(before, seed=1))
    deliver(begun(suite, baseline, group="baseline", client_version="1.0"))
    return begun(suite, with_answers(suite, passes(now, seed=2)), group="variant")


def scored(batch: Batch, *, chunks: int = 1000) -> int:
    """Score so many waiting chunks in the order they have; answers how many there were to score."""
    waiting = Chunk.objects.filter(step__batch=batch, state="pending").order_by("number")
    ids = list(waiting.values_list("pk", flat=True)[:chunks])
    done = sum(score.score_chunk(pk, epoch=batch.epoch, owner="test") for pk in ids)
    batch.refresh_from_db()
    return done


def test_a_settled_experiment_stops_its_batch(suite: Suite, experiment: Experiment) -> None:
    batch = watched(suite, before=0.4, now=0.9)
    n_chunks = Chunk.objects.filter(step__batch=batch).count()
    assert scored(batch) < n_chunks
    assert batch.state == "cancelled"
    arm = Arm.objects.get(batch=batch)
    assert arm.settled == "above"
    assert 0 < arm.n_pairs == arm.n_seen < N
    assert Result.objects.filter(group="variant").count() == arm.n_seen


def test_the_decision_is_frozen_with_what_was_saved(suite: Suite, experiment: Experiment) -> None:
    batch = watched(suite, before=0.4, now=0.9)
    scored(batch)
    decision, arm = Decision.objects.get(), Arm.objects.get(batch=batch)
    assert (decision.verdict, decision.n_pairs) == ("deploy", arm.n_pairs)
    assert (decision.effect_low, decision.effect_high) == (arm.low, arm.high)
    assert "confidence sequence" in decision.method
    assert decision.figures["saved"]["cases"] == N - arm.n_seen
    experiment.refresh_from_db()
    assert experiment.state == "decided"


def test_a_stopped_batch_is_no_failure(suite: Suite, experiment: Experiment) -> None:
    batch = watched(suite, before=0.4, now=0.9)
    scored(batch)
    ended = conclude(batch)
    assert ended.exit_code == 0
    assert ended.lines[0].startswith("[settled_early] deploy: settled after ")
    assert Entry.objects.get(action="batch.settled").details["code"] == "settled_early"
    assert Summary.objects.filter(batch=batch).exists()


def test_harm_stops_it_too(suite: Suite, experiment: Experiment) -> None:
    scored(watched(suite, before=0.9, now=0.4))
    assert Decision.objects.get().verdict == "reject"


def test_an_open_question_runs_to_the_end(suite: Suite, experiment: Experiment) -> None:
    batch = deliver(watched(suite, before=0.5, now=0.5))
    assert batch.state == "finished"
    assert Arm.objects.get(batch=batch).settled == ""
    assert Result.objects.filter(group="variant").count() == N
    assert not Decision.objects.exists()


def test_a_stopped_batch_may_go_on(suite: Suite, experiment: Experiment) -> None:
    batch = watched(suite, before=0.4, now=0.9)
    scored(batch)
    batch = deliver(resume(batch.pk))
    assert batch.state == "finished"
    assert Result.objects.filter(group="variant").count() == N
    assert Decision.objects.count() == 1


def test_whoever_comes_next_stops_what_is_settled(suite: Suite, experiment: Experiment) -> None:
    batch = watched(suite, before=0.5, now=0.5)
    # A worker looked, and died before it could stop the batch.
    Arm.objects.filter(batch=batch).update(settled="below", n_seen=1, low=-0.4, high=-0.1)
    assert scored(batch) == 1
    assert batch.state == "cancelled"


def test_an_untrusted_judge_settles_nothing(suite: Suite, experiment: Experiment) -> None:
    batch = watched(suite, before=0.4, now=0.9)
    Batch.objects.filter(pk=batch.pk).update(preflight="untrusted")
    scored(batch)
    assert batch.state == "running"
    assert Arm.objects.get(batch=batch).n_looks == 0


def test_cases_come_in_an_order_of_chance(suite: Suite, experiment: Experiment) -> None:
    batch = watched(suite, before=0.5, now=0.5)
    chunks = Chunk.objects.filter(step__batch=batch).order_by("number")
    drawn = [revision for chunk in chunks for revision in chunk.revisions]
    assert len(set(drawn)) == N
    assert drawn != sorted(drawn)
    first = Chunk.objects.exclude(step__batch=batch).order_by("number").first()
    assert first is not None
    assert first.revisions == sorted(first.revisions)


def test_a_chunk_that_lags_hides_what_is_behind_it(suite: Suite, experiment: Experiment) -> None:
    batch = watched(suite, before=0.5, now=0.5)
    arm = Arm.objects.get(batch=batch)
    second = Chunk.objects.filter(step__batch=batch).order_by("number")[1]
    score.score_chunk(second.pk, epoch=batch.epoch, owner="test")
    assert differences(arm) == {}
    scored(batch, chunks=1)
    assert sum(differences(arm).values()) == 2 * second.n_cases


def test_looking_twice_counts_nothing_twice(suite: Suite, experiment: Experiment) -> None:
    batch = watched(suite, before=0.5, now=0.5)
    scored(batch, chunks=2)
    first = Arm.objects.get(batch=batch)
    look(batch.pk)
    again = Arm.objects.get(batch=batch)
    assert (again.n_looks, again.n_pairs) == (first.n_looks, first.n_pairs)


def test_gates_do_not_show_their_victims_first(
    experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BUILTIN_PACKS, "lanes", "tests.pipeline.lanes_pack:PACK")
    suite = make_suite(pack="lanes")
    answers = [told("failed" if n % 2 else "passed") for n in range(60)]
    baseline, variant = (with_answers(suite, answers) for _ in range(2))
    deliver(begun(suite, baseline, group="baseline", client_version="1.0"))
    batch = begun(suite, variant, group="variant")
    scored(batch)
    # Half of the cases failed at the gate; the other half waits for the second step.
    assert Scorecard.objects.filter(batch=batch, status="failed").count() == 30
    assert sum(differences(Arm.objects.get(batch=batch)).values()) < 10


@pytest.mark.parametrize("why", ["no baseline", "clusters", "other judges"])
def test_what_cannot_be_watched_is_refused(suite: Suite, experiment: Experiment, why: str) -> None:
    if why != "no baseline":
        run = with_answers(suite, [True] * 20)
        deliver(begun(suite, run, group="baseline", client_version="1.0"))
    if why == "clusters":
        Result.objects.update(cluster="one document")
    if why == "other judges":
        Result.objects.update(judged_by="somebody else")
    with pytest.raises(EvalsiteError) as caught:
        begun(suite, with_answers(suite, [True] * 20), group="variant")
    assert caught.value.code == "not_peekable"


def test_looked_at_after_every_chunk_it_errs_at_most_alpha() -> None:
    experiment = Experiment(margin=0.05, alpha=0.1, claim="non_inferiority", peek_safe=True)
    dice, wrong, studies = random.Random(7), 0, 80
    for _ in range(studies):
        # Just at the margin, where each verdict is wrong: at most alpha of them on either side.
        seen: Counter[float] = Counter()
        for _ in range(10):
            seen.update(dice.choices((-1.0, 0.0, 1.0), weights=(20, 65, 15), k=40))
            if sequence_of(experiment, seen, planned=400).settled:
                wrong += 1
                break
    assert wrong <= 2 * experiment.alpha * studies


def test_it_stops_early_where_the_difference_is_large() -> None:
    experiment = Experiment(margin=0.05, claim="non_inferiority", peek_safe=True)
    seen = sequence_of(experiment, {0.0: 60, 1.0: 40}, planned=1000)
    assert (seen.settled, seen.saved) == ("above", 900)


def test_another_tenant_looks_at_nothing(
    suite: Suite, experiment: Experiment, globex: Tenant
) -> None:
    batch = watched(suite, before=0.5, now=0.5)
    assert look(batch.pk) is not None
    with tenant(globex.pk):
        assert look(batch.pk) is None
