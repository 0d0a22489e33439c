"""Long lists in pages: each row once, in order, whatever comes meanwhile."""

from __future__ import annotations

import pytest
from django.http import Http404

from evalsite.cases.models import Suite
from evalsite.tenants.models import Tenant
from evalsite.web.frame.paging import page_of
from tests.factories import make_suite

UP = ("pack", "pk")
DOWN = ("-created_at", "-pk")


def walked(order: tuple[str, ...]) -> list[Suite]:
    seen: list[Suite] = []
    page = page_of(Suite.objects.all(), order=order, size=2)
    while page.next:
        assert len(page.rows) == 2
        seen += page.rows
        page = page_of(Suite.objects.all(), order=order, after=page.next, size=2)
    return [*seen, *page.rows]


@pytest.mark.parametrize("order", [UP, DOWN])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 5])
def test_pages_have_each_row_once(as_acme: Tenant, n: int, order: tuple[str, ...]) -> None:
    for number in range(n):
        make_suite(pack="exact" if number % 2 else "rag")
    assert walked(order) == list(Suite.objects.order_by(*order))


def test_a_row_that_comes_meanwhile_moves_no_other(as_acme: Tenant) -> None:
    suites = [make_suite() for _ in range(4)]
    first = page_of(Suite.objects.all(), order=DOWN, size=2)
    make_suite()
    second = page_of(Suite.objects.all(), order=DOWN, after=first.next, size=2)
    assert [*first.rows, *second.rows] == suites[::-1]


@pytest.mark.parametrize(
    "after", ["x", "bm9uZQ==", "W10=", "WzFd", "WyJhIiwgImIiXQ==", "e30=", "é"]
)
def test_what_no_page_gave_is_not_found(as_acme: Tenant, after: str) -> None:
    with pytest.raises(Http404):
        page_of(Suite.objects.all(), order=DOWN, after=after)
