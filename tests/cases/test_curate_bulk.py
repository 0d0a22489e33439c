"""Many cases at once: states, tags and imports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from evalsite.audit.models import Entry
from evalsite.cases.check import CaseRefused, CheckedCase, check_case
from evalsite.cases.curate import add_tag, create_suite, import_cases, remove_tag, set_state
from evalsite.cases.models import CaseState, Revision, Suite, TestCase
from evalsite.cases.queries import active_revisions, revisions_at
from evalsite.cases.stage import Repeated
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from packs.registry import PACKS


def rows(count: int, *, answer: Any = 1, first: int = 0) -> Iterator[tuple[int, CheckedCase]]:
    for number in range(first, first + count):
        case = {"key": f"k{number:03}", "input": {"question": "q"}, "expected": {"answer": answer}}
        yield number + 1, check_case(case, pack=PACKS.load("exact").value)


def ids_of(suite: Suite) -> list[Any]:
    return list(TestCase.objects.filter(suite=suite).order_by("key").values_list("pk", flat=True))


def no_repeats(repeated: Repeated) -> None:
    raise AssertionError(repeated)


@pytest.fixture
def full(suite: Suite) -> Suite:
    """A suite of ten cases."""
    import_cases(suite, rows(10), on_repeated=no_repeats)
    return suite


def test_an_import_is_one_version(full: Suite) -> None:
    assert full.version == 1
    assert set(Revision.objects.values_list("from_version", "until_version")) == {(1, None)}
    assert Entry.objects.get(action="cases.imported").details["new"] == 10


def test_an_import_tells_new_from_changed_from_unchanged(full: Suite) -> None:
    mixed = [*rows(3), *rows(4, answer=2, first=3), *rows(5, first=10)]
    done = import_cases(full, mixed, on_repeated=no_repeats)
    assert (done.version, done.new, done.changed, done.unchanged) == (2, 5, 4, 3)


def test_the_same_import_again_changes_nothing(full: Suite) -> None:
    done = import_cases(full, rows(10), on_repeated=no_repeats)
    assert (done.version, done.touched, done.unchanged) == (1, 0, 10)
    assert Entry.objects.filter(action="cases.imported").count() == 1


def test_of_a_repeated_key_the_first_counts(suite: Suite) -> None:
    told: list[Repeated] = []
    again = [(9, case) for _, case in rows(1, answer="second")]
    done = import_cases(suite, [*rows(2), *again], on_repeated=told.append)
    assert told == [Repeated(line=9, key="k000", first=1)]
    assert (done.new, TestCase.objects.get(key="k000").expected) == (2, {"answer": 1})


def test_an_error_halfway_leaves_nothing(suite: Suite) -> None:
    def broken() -> Iterator[tuple[int, CheckedCase]]:
        yield from rows(5)
        raise RuntimeError("the file ends badly")

    with pytest.raises(RuntimeError):
        import_cases(suite, broken(), on_repeated=no_repeats)
    assert TestCase.objects.count() == 0


def test_retired_cases_leave_the_next_version_only(full: Suite) -> None:
    assert set_state(ids_of(full)[:4], state=CaseState.RETIRED, actor="bob") == 4
    full.refresh_from_db()
    assert (full.version, active_revisions(full).count()) == (2, 6)
    assert active_revisions(full, version=1).count() == 10
    assert revisions_at(full).count() == 10


def test_a_state_that_is_so_already_changes_nothing(full: Suite) -> None:
    assert set_state(ids_of(full), state=CaseState.ACTIVE) == 0
    full.refresh_from_db()
    assert full.version == 1


def test_a_tag_is_added_once_and_taken_away(full: Suite) -> None:
    chosen = ids_of(full)[:3]
    assert [add_tag(chosen, tag=" new "), add_tag(chosen, tag="new")] == [3, 0]
    assert TestCase.objects.get(pk=chosen[0]).tags == ["new"]
    assert [remove_tag(ids_of(full), tag="new"), remove_tag(chosen, tag="new")] == [3, 0]
    assert TestCase.objects.get(pk=chosen[0]).tags == []


@pytest.mark.parametrize("tag", ["", "a;b", "x" * 101, "a\nb"])
def test_a_bad_tag_is_refused(full: Suite, tag: str) -> None:
    with pytest.raises(CaseRefused):
        add_tag(ids_of(full), tag=tag)


def test_cases_of_several_suites_get_a_version_each(full: Suite) -> None:
    other = create_suite(name="other", pack="exact")
    import_cases(other, rows(2), on_repeated=no_repeats)
    chosen = [*ids_of(full)[:1], *ids_of(other)]
    assert set_state(chosen, state=CaseState.DRAFT) == 3
    assert set(Suite.objects.values_list("name", "version")) == {("capitals", 2), ("other", 2)}


def test_another_tenants_cases_are_out_of_reach(full: Suite, globex: Tenant) -> None:
    chosen = ids_of(full)
    with tenant(globex.pk):
        assert set_state(chosen, state=CaseState.RETIRED) == 0
    assert active_revisions(full).count() == 10


def test_heads_and_newest_revisions_agree(full: Suite) -> None:
    set_state(ids_of(full)[:4], state=CaseState.RETIRED)
    add_tag(ids_of(full)[2:6], tag="x")
    fields = ("key", "state", "tags", "content_hash", "revision_number")
    heads = set(map(str, TestCase.objects.values_list(*fields)))
    newest = Revision.objects.filter(until_version=None)
    columns = ("case__key", "state", "tags", "content_hash", "number")
    assert set(map(str, newest.values_list(*columns))) == heads
