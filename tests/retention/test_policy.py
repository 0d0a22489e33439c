"""What a policy lets go and what stays: other kinds, holds, tenants, and the coordinator."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, connection, models, transaction
from django.utils import timezone

from evalsite.alerts.cases import shown_cases
from evalsite.audit.models import Entry
from evalsite.calls.models import Reply
from evalsite.cases.models import TestCase
from evalsite.experiments.models import Result
from evalsite.pipeline.coordinate import tenants_with_work
from evalsite.pipeline.sweep import sweep
from evalsite.regressions.compare import compare_with
from evalsite.retention.hold import HoldUnknown, HoldWithoutReason, hold, release
from evalsite.retention.models import Hold, Policy, Purge, Receipt
from evalsite.retention.set_policy import DaysInvalid, set_policy
from evalsite.scoring.models import Scorecard
from evalsite.targets.models import Output, Run
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.factories import (
    make_case,
    make_experiment,
    make_output,
    make_result,
    make_run,
    make_suite,
)
from tests.kept_rows import make_policy
from tests.model_rows import make_reply
from tests.retention.purged import old_batch, old_batch_of, purge, told
from tests.summaries.filled import Card

pytestmark = pytest.mark.usefixtures("as_acme")

LONG_AGO = timezone.now() - timedelta(days=100)


def aged(row: models.Model, **fields: Any) -> Any:
    """Set times that the model sets itself."""
    type(row)._default_manager.filter(pk=row.pk).update(**fields)
    return row


def old_output(**fields: Any) -> Output:
    fields["run"] = fields.get("run") or aged(make_run(), created_at=LONG_AGO)
    output: Output = aged(make_output(**fields), recorded_at=LONG_AGO)
    return output


def texts() -> list[Any]:
    return list(Scorecard.objects.order_by("repetition").values_list("details", flat=True))


def test_judges_texts_go_while_their_scorecards_stay() -> None:
    why = {
        "logic": {"reason": "wrong", "details": {"votes": [1], "sandbox": {"tier": "T1", "k": 1}}},
        "batch": {"code": "lost"},
    }
    suite = make_suite()
    before, now = (
        old_batch_of(suite, [Card("a", status, fields={"details": why})])
        for status in ("passed", "failed")
    )
    said = told(compare_with(now, before))
    make_policy(scorecards=None)
    purge()
    kept = {"logic": {"details": {"sandbox": {"tier": "T1"}}}, "batch": {"code": "lost"}}
    assert texts() == [kept, kept]
    now.refresh_from_db()
    assert told(compare_with(now, before)) == said


def test_texts_of_a_batch_that_took_more_in_go_too() -> None:
    batch = old_batch_of(make_suite(), [Card("a", fields={"details": {"x": {"reason": "y"}}})])
    make_policy(scorecards=None)
    purge()
    batch.refresh_from_db()
    assert texts() == [{}]
    assert batch.texts_purged_at is not None
    assert Receipt.objects.get().n == 1


def test_outputs_go_and_the_page_says_when() -> None:
    suite = make_suite()
    before = old_batch_of(suite, [Card("a")])
    now = old_batch_of(suite, [Card("a", "failed")])
    for batch in (before, now):
        aged(batch.run, created_at=LONG_AGO)
        old_output(run=batch.run, case=TestCase.objects.get(suite=suite))
    comparison = compare_with(now, before)
    make_policy(scorecards=None, judge_texts=None)
    purge()
    run = Run.objects.get(pk=now.run_id)
    assert not Output.objects.exists()
    comparison.batch.refresh_from_db()
    (case,) = shown_cases(comparison)
    assert f"purged on {run.outputs_purged_at:%Y-%m-%d}" in str(case.from_expected)


def test_what_is_young_stays() -> None:
    old, run = old_output(), make_run()
    make_output(run=run)
    make_output(run=old.run)
    make_policy()
    purge()
    assert Output.objects.filter(run=run).count() == Output.objects.filter(run=old.run).count() == 1


def test_outputs_that_a_batch_still_judges_stay() -> None:
    output = old_output()
    aged(old_batch(make_suite(), 1), state="paused", run=output.run)
    make_policy()
    purge()
    assert Output.objects.exists()


def test_replies_and_results_go() -> None:
    aged(make_reply(), created_at=LONG_AGO)
    young = make_reply()
    for state in ("decided", "open"):
        aged(make_result(experiment=make_experiment(state=state)), recorded_at=LONG_AGO)
    make_policy()
    purge()
    assert list(Reply.objects.all()) == [young]
    assert [result.experiment.state for result in Result.objects.all()] == ["open"]
    assert {receipt.kind: receipt.n for receipt in Receipt.objects.all()} == {
        "replies": 1,
        "results": 1,
    }


@pytest.mark.parametrize("of", ["suite", "batch", "run", "all"])
def test_a_hold_wins(of: str) -> None:
    suite = make_suite()
    batch, other = old_batch(suite, 1), old_batch(make_suite(), 2)
    aged(batch.run, created_at=LONG_AGO)
    output = old_output(run=batch.run, case=make_case(suite=suite, key="held"))
    aged(make_reply(), created_at=LONG_AGO)
    held = {"suite": suite, "batch": batch, "run": batch.run, "all": None}[of]
    hold(held, reason="Case 7", actor="ann")
    make_policy()
    purge()
    assert Scorecard.objects.filter(batch=batch).count() == 40
    assert Scorecard.objects.filter(batch=other).exists() == (of == "all")
    assert Output.objects.filter(pk=output.pk).exists()
    assert Reply.objects.exists()


def test_what_is_released_goes_with_the_next_round() -> None:
    old_batch(make_suite(), 1)
    placed = hold(reason="Case 7")
    make_policy()
    purge()
    assert Scorecard.objects.exists()
    release(placed.pk, actor="ann")
    purge()
    assert not Scorecard.objects.exists()
    actions = Entry.objects.filter(action__startswith="hold.").order_by("recorded_at")
    assert [entry.action for entry in actions] == ["hold.placed", "hold.released"]


def test_a_hold_wants_a_reason_and_a_release_a_hold(as_acme: Tenant) -> None:
    with pytest.raises(HoldWithoutReason):
        hold(reason=" ")
    with pytest.raises(HoldUnknown):
        release(as_acme.pk)
    assert not Hold.objects.exists()


def test_another_tenants_rows_stay(globex: Tenant) -> None:
    with tenant(globex.pk):
        make_policy()
        purge()
        old_batch(make_suite(), 2)
        aged(make_reply(), created_at=LONG_AGO)
    make_policy()
    purge()
    with tenant(globex.pk):
        assert Scorecard.objects.count() == 40
        assert Reply.objects.exists()


def test_setting_a_policy_is_audited_once_with_both_sides() -> None:
    set_policy({"outputs": 90}, actor="ann")
    set_policy({"outputs": 90}, actor="ann")
    set_policy({"outputs": None, "audit": 400}, actor="ann")
    first, second = Entry.objects.filter(action="retention.changed").order_by("recorded_at")
    assert first.after == {"outputs": 90}
    assert (second.before, second.after) == (
        {"outputs": 90, "audit": None},
        {"outputs": None, "audit": 400},
    )


@pytest.mark.parametrize("days", [{"outputs": 0}, {"outputs": 36_501}, {"cases": 5}])
def test_a_policy_wants_days(days: dict[str, int]) -> None:
    with pytest.raises(DaysInvalid):
        set_policy(days)
    assert not Policy.objects.exists()


def test_what_is_to_be_kept_longer_meanwhile_is_kept() -> None:
    old_batch(make_suite(), 1)
    make_policy()
    Purge.objects.create(kind="scorecards", cutoff=timezone.now() - timedelta(days=30))
    set_policy({"scorecards": 1000})
    purge()
    assert Scorecard.objects.count() == 40


def test_the_coordinator_applies_it(acme: Tenant) -> None:
    old_batch(make_suite(), 1)
    assert acme.pk not in tenants_with_work()
    set_policy({"scorecards": 30})
    assert tenants_with_work() == [acme.pk]
    assert sweep()["purged"] == 40
    assert tenants_with_work() == []


def test_a_receipt_can_be_neither_changed_nor_deleted() -> None:
    row = Receipt.objects.create(
        kind="outputs", cutoff=LONG_AGO, n=1, n_bytes=1, digest="", started_at=LONG_AGO
    )
    for change in (Receipt.objects.filter(pk=row.pk).delete, lambda: row.save(update_fields=["n"])):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            change()


@pytest.mark.parametrize("table", ["scoring_scorecard", "targets_output", "calls_reply"])
def test_a_piece_does_not_scan_the_table(table: str) -> None:
    column = {"scoring_scorecard": "batch_id", "targets_output": "run_id"}.get(table)
    where = f"{column} = gen_random_uuid()" if column else "created_at < now()"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN SELECT id FROM {table} WHERE {where}")
        plan = " ".join(line for (line,) in cursor.fetchall())
    assert "Index" in plan
