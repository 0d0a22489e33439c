"""The old framework's tables come in once, whole, and go again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command

from evalsite.audit.models import Entry
from evalsite.batches.models import Batch
from evalsite.cases.curate import save_case
from evalsite.cases.models import Revision, Suite, TestCase
from evalsite.env import ROOT
from evalsite.exchange.legacy import card_batch
from evalsite.exchange.legacy import migrate as verb
from evalsite.exchange.legacy.tables import old_tables
from evalsite.exchange.models import LegacyImport
from evalsite.regressions.compare import compare
from evalsite.scoring.models import Scorecard
from evalsite.summaries.models import Summary
from evalsite.summaries.queries import headline
from evalsite.targets.models import Run, Target
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.exchange.old_database import N, fill_old, old_database
from tests.factories import make_output, make_run
from tests.journeys.workshop import until
from tests.services import Services

MODELS = (Suite, TestCase, Revision, Target, Run, Batch, Scorecard, Summary, LegacyImport, Entry)


@pytest.fixture(scope="module")
def database(services: Services) -> Iterator[str]:
    """An empty database beside evalsite's own."""
    with old_database(services) as url:
        yield url


@pytest.fixture
def old(database: str, committed_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The old tables, whose URL only the environment knows; the test is in Acme's scope."""
    fill_old(database)
    monkeypatch.setenv("OLD", database)
    with tenant(Tenant.objects.create(slug="acme", name="Acme").pk):
        yield database


def run(*options: str) -> dict[str, dict[str, Any]]:
    """Run the command for the old database; give its events by name."""
    out = StringIO()
    try:
        call_command("migratelegacy", "--from", "env:OLD", "--json", *options, stdout=out)
    finally:
        events.clear()
        events.update(
            {event["event"]: event for event in map(json.loads, out.getvalue().splitlines())}
        )
    return events


events: dict[str, dict[str, Any]] = {}


def state() -> dict[str, list[Any]]:
    """Give every row that an import writes."""
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in MODELS}


def change(url: str, statement: str) -> None:
    """Change the old database."""
    with psycopg.connect(url) as source:
        source.execute(statement)


def test_cases_and_scorecards_come_in_whole(old: str) -> None:
    told = run()
    assert told["migrated"]["cases"] == {"new": N, "changed": 0, "unchanged": 0, "refused": 0}
    assert told["migrated"]["scorecards"] == {"new": 2 * N, "unchanged": 0, "refused": 0}
    assert told["left_out"]["columns"] == ["test_cases.embedding", "scorecards.trace_url"]
    assert (told["verified"]["same"], told["verified"]["cases_here"]) == (True, N)
    case = TestCase.objects.get(key="10")
    assert case.input == {"query": "Weather on day 10?"}
    assert case.expected["calls"] == [{"name": "weather", "arguments": {"day": 10}}]
    assert (case.complexity, case.tags, case.state) == (4, ["weather", "part 1"], "active")
    assert TestCase.objects.filter(state="retired").count() == N // 50
    password = str(psycopg.conninfo.conninfo_to_dict(old)["password"])
    assert password not in json.dumps(state(), default=str)


def test_the_old_batches_are_finished_and_summarised_in_their_order(old: str) -> None:
    run()
    first, second = Batch.objects.select_related("run").order_by("created_at")
    assert (first.run.name, first.state, first.epoch, first.n_cases) == (
        *("legacy-nightly-1", "finished", 1),
        N,
    )
    assert first.created_at.isoformat() == "2024-05-01T02:00:00+00:00"
    assert second.run.name.startswith("legacy-nightly-2-")
    figures = [headline(batch.pk) for batch in (first, second)]
    assert [(f.passed, f.failed, f.unscored) for f in figures if f] == [
        (N, 0, 0),
        (N * 9 // 10, 25, 0),
    ]
    card = Scorecard.objects.get(revision__case__key="7", stages__logic__code="legacy_missing")
    assert (card.status, card.stages["semantics"]["status"]) == ("passed", "not_applicable")
    found = compare(second)
    assert found is not None
    assert (found.baseline_id, found.verdict) == (first.pk, "regressed")
    assert found.findings.get(metric="pass_rate", slice_kind="all").worse == 25


def test_a_second_run_changes_nothing(old: str) -> None:
    run()
    before = state()
    told = run()
    assert told["migrated"]["cases"]["unchanged"] == N
    assert told["migrated"]["scorecards"]["unchanged"] == 2 * N
    now = state()
    for row in (*before["LegacyImport"], *now["LegacyImport"]):
        del row["finished_at"]
    assert now == before


def test_a_later_run_brings_what_is_new(old: str) -> None:
    run()
    change(old, "UPDATE test_cases SET nl_query = 'Rain?' WHERE id = 3")
    change(old, "INSERT INTO scorecards (test_case_id, batch_run_id) VALUES (3, 'nightly-1')")
    told = run()
    assert told["migrated"]["cases"] == {"new": 0, "changed": 1, "unchanged": N - 1, "refused": 0}
    assert (told["migrated"]["scorecards"]["new"], told["migrated"]["batches"]) == (1, 1)
    assert Batch.objects.get(run__name="legacy-nightly-1").repetitions == 2


class Killed(BaseException):
    """What ends the import in its middle."""


def test_an_interrupted_import_goes_on_where_it_was(
    old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verb, "_PIECE", 50)
    whole = card_batch.write_cards
    written: list[int] = []

    def some(*arguments: Any) -> Any:
        if len(written) == 7:
            raise Killed
        written.append(1)
        return whole(*arguments)

    monkeypatch.setattr(verb, "write_cards", some)
    with pytest.raises(Killed):
        run()
    monkeypatch.setattr(verb, "write_cards", whole)
    assert Scorecard.objects.count() == 350
    assert set(Batch.objects.values_list("state", flat=True)) == {"cancelled"}
    told = run()
    assert (told["migrated"]["cases"]["new"], told["migrated"]["scorecards"]["new"]) == (0, 150)
    assert (told["migrated"]["batches"], told["verified"]["same"]) == (2, True)
    assert Scorecard.objects.values("batch", "revision").distinct().count() == 2 * N


def test_a_killed_command_is_done_again(old: str, services: Services) -> None:
    command = (sys.executable, "manage.py", "migratelegacy", "--from", "env:OLD")
    environment = {**os.environ, **services.environment()}
    with psycopg.connect(old) as locked:
        locked.execute("LOCK TABLE scorecards IN ACCESS EXCLUSIVE MODE")
        with subprocess.Popen(command, env=environment, cwd=ROOT) as process:
            until(lambda: TestCase.objects.count() == N, what="the cases")
            process.kill()
    assert not Scorecard.objects.exists()
    assert run()["verified"]["same"]
    assert Suite.objects.get().version == 1


def test_undo_leaves_nothing_but_the_history(old: str) -> None:
    run()
    assert run("--undo")["undone"]["stays"] == {}
    left = state()
    assert {name for name, rows in left.items() if rows} == {"Entry"}
    assert left["Entry"][-1]["action"] == "legacy.undone"
    assert run()["verified"]["same"]


def test_undo_spares_what_somebody_rests_on(old: str) -> None:
    run()
    compare(Batch.objects.latest("created_at"))
    undone = run("--undo")["undone"]
    assert undone["stays"] == {"batches": 2, "cases": N, "suites": 1}
    assert (Batch.objects.count(), Scorecard.objects.count()) == (2, 2 * N)
    assert run()["verified"]["same"]


def test_undo_touches_no_other_tenant(old: str) -> None:
    run()
    globex = Tenant.objects.create(slug="globex", name="Globex")
    call_command(
        "migratelegacy", "--from", "env:OLD", "--tenant", "globex", "--json", stdout=StringIO()
    )
    with tenant(globex.pk):
        before = state()
    run("--undo", "--tenant", "acme")
    with tenant(globex.pk):
        assert state() == before
    assert not TestCase.objects.exists()


def test_undo_takes_all_the_rest(old: str) -> None:
    run()
    make_output(run=make_run(), case=TestCase.objects.get(key="12"), answer={"answer": "x"})
    suite = Suite.objects.get()
    save_case(suite, {"key": "14", "input": {"query": "q"}, "expected": {"answer": "a"}})
    undone = run("--undo")["undone"]
    assert undone["removed"] == {"batches": 2, "runs": 2, "targets": 1, "cases": N - 2, "suites": 0}
    assert undone["stays"] == {"cases": 2, "suites": 1}
    assert set(TestCase.objects.values_list("key", flat=True)) == {"12", "14"}


DIFFERENCES = {
    "query_differs": "UPDATE test_cases SET nl_query = 'Rain?' WHERE id = 3",
    "content_differs": "UPDATE test_cases SET expected_nl_response = 'Rain.' WHERE id = 4",
    "refused": "UPDATE test_cases SET nl_query = NULL WHERE id = 5",
    "missing": "INSERT INTO test_cases (nl_query, expected_response) VALUES ('q', '1')",
}


def test_verify_names_what_differs(old: str) -> None:
    run()
    before = state()
    for kind, statement in DIFFERENCES.items():
        change(old, statement)
        with pytest.raises(CommandError, match="legacy_differs") as failed:
            run("--verify")
        assert (failed.value.returncode, "migrated" in events) == (4, False)
        assert events["verified"]["named"][kind]
    assert state() == before


def test_a_row_that_is_no_case_is_named_and_the_others_come(old: str) -> None:
    change(old, "UPDATE test_cases SET nl_query = NULL WHERE id = 5")
    with pytest.raises(CommandError, match="legacy_differs"):
        run()
    assert (events["migrated"]["cases"]["refused"], TestCase.objects.count()) == (1, N - 1)
    assert events["migrated"]["scorecards"]["refused"] == 2
    assert events["bad_line"]["code"] == "case_unknown"


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("env:NOWHERE", "legacy_unreachable"),
        ("postgresql://u:hidden-word@localhost:1/x", "legacy_unreachable"),
        ("postgresql://u:hidden-word@[/x", "legacy_unreachable"),
        ("hidden-word", "legacy_unreachable"),
    ],
)
def test_a_source_that_cannot_be_opened_is_not_repeated(
    as_acme: Tenant, source: str, code: str
) -> None:
    with pytest.raises(CommandError, match=code) as failed:
        call_command("migratelegacy", "--from", source)
    assert "hidden-word" not in str(failed.value)


def test_a_database_without_the_tables_is_refused(old: str) -> None:
    change(old, "ALTER TABLE scorecards DROP COLUMN logic_result")
    with pytest.raises(CommandError, match="legacy_unfit.*scorecards lacks logic_result"):
        run()
    assert not Suite.objects.exists()


def test_a_suite_of_somebody_else_is_refused(old: str) -> None:
    run()
    LegacyImport.objects.update(source="other")
    with pytest.raises(CommandError, match="legacy_suite_taken"):
        run()


def test_the_source_can_only_be_read(old: str) -> None:
    with old_tables("env:OLD") as tables:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            tables.connection.execute("DELETE FROM test_cases")
