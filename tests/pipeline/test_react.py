"""What follows from a batch's end may break: it undoes itself, and neither batch nor tenant."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from evalsite.alerts.models import Alert, AlertKind
from evalsite.audit.models import Entry
from evalsite.batches.models import Batch, Step
from evalsite.leaderboard.models import Standing
from evalsite.pipeline.coordinate import tick
from evalsite.pipeline.finish import close
from evalsite.pipeline.launch import cancel, resume
from evalsite.pipeline.sweep import sweep
from evalsite.regressions.models import Comparison
from evalsite.regressions.queries import own_comparison
from evalsite.summaries.queries import headline
from evalsite.summaries.summarize import summarize
from evalsite.tenants import scope
from evalsite.tenants.models import Tenant
from evalsite.trends.models import Watch
from tests.factories import make_batch, make_outbox_message, make_subscription
from tests.pipeline.bench import deliver_all, deliver_chunks, launched, told

pytestmark = pytest.mark.usefixtures("as_acme")

REACTIONS = {
    "results": "record_finished",
    "comparison": "compare",
    "gate": "hold_evaluated",
    "shifts": "detect",
    "leaderboard": "stand",
}


def refused_by_the_database(*_: Any, **__: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


def broken(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    monkeypatch.setattr(f"evalsite.pipeline.{place}", refused_by_the_database)


@pytest.mark.parametrize(("name", "function"), REACTIONS.items())
def test_a_reaction_that_breaks_loses_no_summary(
    name: str, function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_subscription(email="ann@example.org", kinds=[AlertKind.BATCH_FAILED])
    broken(monkeypatch, f"react.{function}")
    batch = deliver_all(launched([told("passed"), told("failed")]))
    whole = headline(batch.pk)
    assert (batch.state, whole and whole.n) == ("finished", 2)
    entry = Entry.objects.get(action="batch.reaction_failed")
    assert entry.details == {"reaction": name, "raised": "DataError"}
    assert name in Alert.objects.get().text


def test_what_does_not_break_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, "react.compare")
    deliver_all(launched([told("passed")]))
    assert Standing.objects.exists()
    assert Watch.objects.exists()


def test_a_deadlock_is_over_by_the_second_try(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    def once(_: Batch) -> None:
        tries.append(1)
        if len(tries) == 1:
            refused_by_the_database()

    monkeypatch.setattr("evalsite.pipeline.react.detect", once)
    deliver_all(launched([told("passed")]))
    assert len(tries) == 2
    assert not Entry.objects.filter(action="batch.reaction_failed").exists()


def test_what_broke_is_done_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = deliver_all(launched([told("passed")]))
    second = make_batch(suite=first.suite, run=first.run, pack=first.pack, manifest=first.manifest)
    with monkeypatch.context() as patched:
        broken(patched, "react.compare")
        close(second)
    assert own_comparison(second.pk) is None
    call_command("sweep", tenant="acme", again=str(second.pk))
    assert json.loads(capsys.readouterr().out)["failed"] == []
    assert Comparison.objects.get(batch=second).baseline == first


def test_alerts_that_break_undo_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, "react.batch_closed")
    assert deliver_all(launched([told("passed")])).state == "finished"
    assert Entry.objects.get(action="alerts.failed").details == {"raised": "DataError"}


def test_a_batch_whose_end_breaks_waits_and_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batch, other = launched([told("failed")]), launched([told("failed")])
    for one in (batch, other):
        deliver_chunks(one)
    with monkeypatch.context() as patched:
        _break_the_summary_of(batch, patched)
        assert sweep()["finished"] == 1
    other.refresh_from_db()
    batch.refresh_from_db()
    assert (batch.state, batch.paused_code, other.state) == ("paused", "finish_failed", "finished")
    resume(batch.pk)
    assert sweep()["finished"] == 1


def test_a_batch_whose_summary_breaks_can_be_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, "pause.summarize")
    assert cancel(launched([told("passed")]).pk).state == "cancelled"
    assert Entry.objects.filter(action="batch.summary_failed").exists()


def test_what_the_database_refuses_one_tenant_stops_no_other(
    acme: Tenant, globex: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept = []

    def sweeping() -> None:
        swept.append(scope.require())
        with transaction.atomic():
            refused_by_the_database()

    monkeypatch.setattr("evalsite.pipeline.coordinate.sweep", sweeping)
    for one in (acme, globex):
        with scope.nobody(), scope.tenant(one.pk):
            make_outbox_message()
    with scope.nobody():
        tick()
    assert set(swept) == {acme.pk, globex.pk}


def _break_the_summary_of(batch: Batch, patched: pytest.MonkeyPatch) -> None:
    def breaking(one: Batch) -> Any:
        return refused_by_the_database() if one.pk == batch.pk else summarize(one)

    patched.setattr("evalsite.pipeline.finish.summarize", breaking)
    assert Step.objects.filter(batch=batch, state="running").exists()
