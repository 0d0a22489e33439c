from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from evalsite.experiments.models import Result
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from evalsite.trends.recent import Cursor, CursorInvalid, recent
from evalsite.trends.selection import Selection

Record = Callable[..., list[Result]]


def test_the_newest_come_first_and_page_by_page_all_of_them(record: Record) -> None:
    record(*[i / 30 for i in range(30)])
    Result.objects.filter(score__lt=0.5).update(recorded_at=datetime(2026, 1, 1, tzinfo=UTC))
    seen, after = [], None
    while True:
        page = recent(Selection(), limit=7, after=after)
        seen += page.results
        if page.next is None:
            break
        after = Cursor.read(str(page.next))
    order = [(result.recorded_at, result.pk) for result in seen]
    assert len(seen) == 30
    assert order == sorted(set(order), reverse=True)


def test_the_last_page_has_no_next_even_if_full(record: Record) -> None:
    record(0.1, 0.2)
    assert recent(Selection(), limit=2).next is None
    assert recent(Selection(), limit=1).next is not None


def test_what_comes_meanwhile_moves_no_page(record: Record) -> None:
    first = record(*[0.5] * 4)
    page = recent(Selection(), limit=2)
    record(0.9, version="2")
    rest = recent(Selection(), limit=9, after=page.next)
    assert {r.pk for r in (*page.results, *rest.results)} == {r.pk for r in first}


def test_filters_hold(record: Record, globex: Tenant) -> None:
    record(0.1)
    record(0.9, group="variant")
    assert [r.score for r in recent(Selection(group="variant"), limit=9).results] == [0.9]
    with tenant(globex.pk):
        assert recent(Selection(), limit=9).results == []


@pytest.mark.parametrize("text", ["", "x_y", "2026-01-01_1", "2026-01-01T00:00:00"])
def test_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(CursorInvalid):
        Cursor.read(text)
