"""Scorecards go, and what is said of their batches stays the same."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from uuid import UUID

import pytest
from django.test import Client

from evalsite.batches import steer
from evalsite.batches.marks import marks_of
from evalsite.gates.junit import write_junit
from evalsite.leaderboard.field import load_fields
from evalsite.regressions.compare import compare_with
from evalsite.regressions.queries import worst_cases
from evalsite.regressions.vet import tiers_of
from evalsite.retention.models import Receipt
from evalsite.retention.purge_due import digest_of
from evalsite.scoring.extract import extract
from evalsite.scoring.models import Extract, Scorecard
from evalsite.scoring.queries import missing
from tests.board_rows import make_board
from tests.factories import make_suite
from tests.kept_rows import make_hold, make_policy
from tests.retention.purged import old_batch, old_batch_of, purge, told
from tests.summaries.filled import Card
from tests.tenant_rows import make_user

pytestmark = pytest.mark.usefixtures("as_acme")


@pytest.mark.parametrize("repetitions", [1, 2, 3])
@pytest.mark.parametrize("cluster_key", ["", "document"])
@pytest.mark.parametrize("held", ["neither", "now"])
def test_a_comparison_is_the_same_after_the_purge(
    repetitions: int, cluster_key: str, held: str
) -> None:
    suite = make_suite(cluster_key=cluster_key)
    before, now = (old_batch(suite, seed, repetitions=repetitions) for seed in (1, 2))
    said = told(compare_with(now, before))
    make_policy()
    if held == "now":
        make_hold(batch=now)
    purge()
    assert Scorecard.objects.count() == (40 * repetitions if held == "now" else 0)
    now.refresh_from_db()
    assert told(compare_with(now, before)) == said


def test_a_new_batch_is_held_against_an_old_one_as_before() -> None:
    suite = make_suite()
    before, now = old_batch(suite, 1), old_batch(suite, 2)
    make_hold(batch=now)
    make_policy()
    purge()
    against_extract = told(compare_with(now, before))
    same = old_batch(suite, 1)
    fresh = told(compare_with(now, same))
    ours = ("verdict", "reason", "losses", "findings", "attribution")
    assert [against_extract[name] for name in ours] == [fresh[name] for name in ours]


def test_a_leaderboard_has_the_same_scores() -> None:
    suite = make_suite(version=1)
    batches = [old_batch(suite, seed, repetitions=3).pk for seed in (1, 2)]
    board = make_board(suite=suite)
    before = load_fields(board, batches)
    make_policy()
    purge()
    after = load_fields(board, batches)
    for metric, field in before.items():
        assert field.scores.tobytes() == after[metric].scores.tobytes()


def test_why_cases_have_no_verdict_is_still_told_by_code() -> None:
    stage = {"logic": {"status": "unscored", "score": None, "code": "judge_error"}}
    cards = [
        Card("a", "unscored", fields={"stages": stage, "details": {"logic": {"reason": "no"}}}),
        Card("b", "errored", fields={"stages": {}, "details": {"batch": {"code": "lost"}}}),
    ]
    batch = old_batch_of(make_suite(), cards)
    make_policy()
    purge()
    assert {(why.code, why.n) for why in missing(batch.pk)} == {("judge_error", 1), ("lost", 1)}


def test_the_sandbox_that_code_ran_in_is_still_known() -> None:
    why = {"logic": {"reason": "x", "details": {"sandbox": {"tier": "T1"}}}}
    batch = old_batch_of(make_suite(), [Card("a", fields={"details": why})])
    make_policy()
    purge()
    assert tiers_of(batch) == ["T1"]


def test_a_page_says_when_the_scorecards_went() -> None:
    suite = make_suite()
    before = old_batch_of(suite, [Card(f"{n}") for n in range(20)])
    now = old_batch_of(suite, [Card(f"{n}", "failed") for n in range(20)])
    comparison = compare_with(now, before)
    make_policy()
    purge()
    now.refresh_from_db()
    comparison.refresh_from_db()
    day = f"purged on {now.cards_purged_at:%Y-%m-%d}"
    assert [mark.code for mark in marks_of(now)] == ["scorecards_purged"]
    assert day in marks_of(now)[0].text
    assert {change.reason for case in worst_cases(comparison) for change in case.changes} == {day}


def test_a_batch_whose_scorecards_went_takes_in_no_more() -> None:
    batch = old_batch(make_suite(), 1)
    make_policy()
    purge()
    with pytest.raises(steer.BatchPurged):
        steer.reopen_finished(batch.pk)


def test_the_receipt_counts_and_signs_each_id() -> None:
    old_batch(make_suite(), 1, repetitions=2)
    order = Scorecard.objects.order_by("revision_id", "id").values_list("pk", flat=True)
    digest = digest_of(list(order))
    make_policy(judge_texts=None)
    purge()
    receipt = Receipt.objects.get()
    assert (receipt.kind, receipt.n, receipt.digest) == ("scorecards", 80, digest)
    assert receipt.n_bytes > 0


def test_a_purge_that_was_killed_goes_on_and_has_one_receipt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old_batch(make_suite(), 1)
    make_policy(judge_texts=None)
    pieces: list[int] = []

    def killed_in_the_third(batch: UUID, *, cards: Sequence[UUID]) -> None:
        pieces.append(len(cards))
        extract(batch, cards=cards)
        if len(pieces) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("evalsite.retention.take_cards.extract", killed_in_the_third)
    with pytest.raises(KeyboardInterrupt):
        purge()
    assert Scorecard.objects.count() == 40 - sum(pieces[:2])
    monkeypatch.undo()
    purge()
    assert Receipt.objects.get().n == 40
    assert sum(Extract.objects.values_list("n", flat=True)) == 40


def test_reports_and_lists_say_so_too(client: Client) -> None:
    person = make_user(is_superuser=True, is_staff=True)
    client.force_login(person)
    batch = old_batch(make_suite(), 1)
    make_policy()
    purge()
    batch.refresh_from_db()
    session = client.session
    session["tenant"] = str(batch.tenant_id)
    session.save()
    page = client.get("/admin/scoring/scorecard/", {"batch__id__exact": str(batch.pk)})
    report = BytesIO()
    write_junit(report, batch)
    day = f"purged on {batch.cards_purged_at:%Y-%m-%d}"
    assert day in page.content.decode()
    assert day in report.getvalue().decode()
