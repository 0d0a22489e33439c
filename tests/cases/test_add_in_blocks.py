"""An import in blocks: one is written while the next is read, and all are one curation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from psycopg.pq import TransactionStatus
from uuid_utils.compat import uuid7

from evalsite.cases import add
from evalsite.cases.check import CheckedCase, check_case
from evalsite.cases.curate import import_cases
from evalsite.cases.models import Revision, Suite, TestCase
from evalsite.cases.stage import Repeated
from evalsite.quotas.require import QuotaExceeded
from evalsite.quotas.set_quota import set_quota
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from packs.registry import PACKS

PACK = PACKS.load("exact").value
Numbered = tuple[int, CheckedCase]


def case(key: str, answer: Any = 1) -> CheckedCase:
    fields = {"key": key, "input": {"question": "q"}, "expected": {"answer": answer}}
    return check_case(fields, pack=PACK)


def lines(*cases: CheckedCase) -> list[Numbered]:
    return list(enumerate(cases, start=1))


def bring(suite: Suite, rows: Any) -> tuple[tuple[int, int, int], list[Repeated]]:
    told: list[Repeated] = []
    done = import_cases(suite, rows, on_repeated=told.append)
    return (done.new, done.changed, done.unchanged), told


def answers() -> dict[str, Any]:
    return {key: sides["answer"] for key, sides in TestCase.objects.values_list("key", "expected")}


def others_with_suites(count: int) -> None:
    """So many other tenants, each with so many suites of one case."""
    for number in range(count):
        with tenant(Tenant.objects.create(slug=f"other-{number}", name="Other").pk):
            suites = [Suite(name=f"suite-{place}", pack="exact") for place in range(count)]
            Suite.objects.bulk_create(suites)
            sides = {"input": {"question": "q"}, "expected": {"answer": 1}}
            TestCase.objects.bulk_create(TestCase(suite=one, key="k", **sides) for one in suites)


def cases_fetched() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_stat_get_xact_tuples_fetched(indexrelid)::bigint "
            "FROM pg_index WHERE indrelid = 'cases_testcase'::regclass"
        )
        return sum(row[0] for row in cursor.fetchall())


@pytest.fixture(autouse=True)
def _blocks_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(add, "_BLOCK_ROWS", 2)


def test_all_blocks_are_one_version(suite: Suite) -> None:
    assert bring(suite, lines(*(case(key) for key in "abcde"))) == ((5, 0, 0), [])
    spans = Revision.objects.values_list("number", "from_version", "until_version")
    assert (suite.version, list(spans)) == (1, [(1, 1, None)] * 5)


def test_every_block_tells_new_from_changed_from_unchanged(suite: Suite) -> None:
    bring(suite, lines(*(case(key) for key in "abcd")))
    mixed = [case("a"), case("x"), case("b", 2), case("c"), case("y"), case("d", 2), case("z")]
    assert bring(suite, lines(*mixed)) == ((3, 2, 2), [])
    assert answers() == {"a": 1, "b": 2, "c": 1, "d": 2, "x": 1, "y": 1, "z": 1}
    assert set(Revision.objects.filter(from_version=2).values_list("case__key", "number")) == {
        *((key, 1) for key in "xyz"),
        *((key, 2) for key in "bd"),
    }


@pytest.mark.parametrize("between", [0, 1, 2, 5])
def test_a_new_key_repeated_in_its_block_or_a_later_one_is_told(suite: Suite, between: int) -> None:
    others = [case(f"k{number}") for number in range(between)]
    rows = lines(case("twice"), *others, case("twice", 2), case("last"))
    assert bring(suite, rows) == ((between + 2, 0, 0), [Repeated(between + 2, "twice", 1)])
    assert answers()["twice"] == 1


@pytest.mark.parametrize("first", [1, 2])
def test_a_known_key_repeated_in_a_later_block_is_told(suite: Suite, first: int) -> None:
    bring(suite, lines(case("twice")))
    rows = lines(case("twice", first), case("a"), case("b"), case("twice", 3))
    counts = (2, 0, 1) if first == 1 else (2, 1, 0)
    assert bring(suite, rows) == (counts, [Repeated(4, "twice", 1)])
    assert answers()["twice"] == first


def test_a_key_on_every_line_counts_once(suite: Suite) -> None:
    counts, told = bring(suite, lines(*(case("k", answer) for answer in range(7))))
    assert counts == (1, 0, 0)
    assert told == [Repeated(line, "k", 1) for line in range(2, 8)]


def test_a_reader_that_breaks_off_reaches_the_caller_and_leaves_nothing(suite: Suite) -> None:
    def broken() -> Iterator[Numbered]:
        yield from lines(*(case(key) for key in "abcde"))
        raise RuntimeError("the file ends badly")

    with pytest.raises(RuntimeError, match="ends badly"):
        bring(suite, broken())
    suite.refresh_from_db()
    assert (suite.version, TestCase.objects.count(), Revision.objects.count()) == (0, 0, 0)
    assert bring(suite, lines(case("a"))) == ((1, 0, 0), [])


@pytest.mark.parametrize("place", [0, 3, 5])
def test_a_block_that_the_database_refuses_leaves_nothing(suite: Suite, place: int) -> None:
    rows = lines(*(case(key) for key in "abcdef"))
    rows[place] = (place + 1, rows[place][1]._replace(complexity=9))
    with pytest.raises(IntegrityError, match="complexity"):
        bring(suite, rows)
    assert TestCase.objects.count() == 0
    assert bring(suite, lines(case("a"))) == ((1, 0, 0), [])


def test_a_quota_counts_the_cases_of_all_blocks(suite: Suite) -> None:
    set_quota(max_cases=4)
    with pytest.raises(QuotaExceeded, match="5 new ones"):
        bring(suite, lines(*(case(key) for key in "abcde")))
    assert TestCase.objects.count() == 0


def test_the_session_is_never_idle_while_cases_are_read(suite: Suite) -> None:
    seen: list[TransactionStatus] = []

    def watching() -> Iterator[Numbered]:
        for row in lines(*(case(key) for key in "abcd")):
            seen.append(connection.connection.info.transaction_status)
            yield row

    bring(suite, watching())
    assert seen == [TransactionStatus.ACTIVE] * 4


def test_who_reads_may_ask_the_database(suite: Suite) -> None:
    counts: list[int] = []

    def asking() -> Iterator[Numbered]:
        for row in lines(*(case(key) for key in "abcde")):
            counts.append(TestCase.objects.count())
            yield row

    assert bring(suite, asking()) == ((5, 0, 0), [])
    assert counts == [0, 0, 2, 2, 4]


@pytest.mark.parametrize("tenants", [0, 20])
def test_no_case_is_looked_for_among_all_the_others(
    suite: Suite, tenants: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(add, "_BLOCK_ROWS", 600)
    others_with_suites(tenants)
    before = cases_fetched()
    bring(suite, lines(*(case(f"k{number}") for number in range(2_000))))
    # Once for the case's revision; by a wrong index it would be a thousand times.
    assert cases_fetched() - before < 2 * 2_000


def test_long_cases_make_small_blocks(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(add, "_BLOCK_CHARACTERS", 1)
    assert [len(block) for block in add._blocks(lines(case("a"), case("b"), case("c")))] == [1] * 3


def test_keys_wait_for_the_commit_again_after_an_import(suite: Suite) -> None:
    bring(suite, lines(*(case(key) for key in "abc")))
    astray = Revision.objects.all()[0]
    astray.pk, astray.case_id = uuid7(), uuid7()
    with pytest.raises(IntegrityError, match="same_tenant_case"), transaction.atomic():
        astray.save(force_insert=True)
        is_written = True
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert is_written
