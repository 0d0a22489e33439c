"""Which cases of a suite are asked for."""

from __future__ import annotations

from typing import Any

import pytest

from evalsite.cases.curate import save_case
from evalsite.cases.models import Suite, TestCase
from evalsite.cases.queries import (
    Selection,
    SuiteUnknown,
    active_revisions,
    find_suite,
    missing_keys,
    state_counts,
    tags_in_use,
)
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant


@pytest.fixture
def twenty(suite: Suite) -> Suite:
    """Twenty cases, of which every fifth is a draft; even ones are tagged."""
    for number in range(20):
        fields = {
            "key": f"k{number:02}",
            "input": {"question": "q"},
            "expected": {"answer": number},
            "tags": ["even", "all"] if number % 2 == 0 else ["all"],
            "state": "draft" if number % 5 == 0 else "active",
        }
        save_case(suite, fields)
    return suite


def keys(suite: Suite, *, version: int | None = None, **wishes: Any) -> list[str]:
    found = active_revisions(suite, version=version, selection=Selection(**wishes))
    return list(found.values_list("case__key", flat=True))


def test_without_a_wish_all_active_cases_come_in_order_of_key(twenty: Suite) -> None:
    assert keys(twenty) == [f"k{n:02}" for n in range(20) if n % 5]


def test_a_limit_takes_the_first(twenty: Suite) -> None:
    assert keys(twenty, limit=3) == ["k01", "k02", "k03"]


def test_any_of_the_tags_will_do(twenty: Suite) -> None:
    assert keys(twenty, tags=("even", "nope")) == [
        f"k{n:02}" for n in range(20) if n % 5 and not n % 2
    ]


def test_keys_choose_cases(twenty: Suite) -> None:
    assert keys(twenty, keys=("k03", "k01", "k00")) == ["k01", "k03"]
    assert missing_keys(twenty, ["k03", "k00", "nope", "nope"]) == ["k00", "nope"]


def test_a_sample_is_the_same_for_the_same_seed(twenty: Suite) -> None:
    assert keys(twenty, sample=5, seed=1) == keys(twenty, sample=5, seed=1)
    assert len({tuple(keys(twenty, sample=5, seed=seed)) for seed in range(5)}) > 1


def test_a_sample_of_an_old_version_stays(twenty: Suite) -> None:
    drawn, version = keys(twenty, sample=5, seed=1), twenty.version
    save_case(twenty, {"key": "a", "input": {"question": "q"}, "expected": {"answer": 1}})
    assert keys(twenty, version=version, sample=5, seed=1) == drawn


def test_a_larger_sample_holds_the_smaller_one(twenty: Suite) -> None:
    assert set(keys(twenty, sample=3, seed=4)) < set(keys(twenty, sample=6, seed=4))
    assert len(keys(twenty, sample=100)) == 16
    assert len(keys(twenty, sample=10, limit=2)) == 2


def test_only_what_was_wished_for_is_kept_with_a_batch() -> None:
    assert Selection().as_json() == {}
    assert Selection(limit=3, seed=5).as_json() == {"limit": 3}
    assert Selection(sample=0, seed=5, tags=("a",)).as_json() == {
        "tags": ("a",),
        "sample": 0,
        "seed": 5,
    }


def test_counts_and_tags(twenty: Suite) -> None:
    assert state_counts([twenty.pk]) == {twenty.pk: {"active": 16, "draft": 4}}
    assert tags_in_use() == ["all", "even"]


def test_a_suite_is_found_by_name_in_its_tenant_only(twenty: Suite, globex: Tenant) -> None:
    assert find_suite("capitals") == twenty
    with tenant(globex.pk), pytest.raises(SuiteUnknown):
        find_suite("capitals")


def test_an_old_version_shows_the_old_content(suite: Suite, paris: TestCase) -> None:
    fields = {"key": "france", "input": paris.input, "expected": {"answer": "Lyon"}}
    save_case(suite, fields)
    old, new = (active_revisions(suite, version=n).get() for n in (1, 2))
    assert (old.expected, new.expected) == ({"answer": "Paris"}, {"answer": "Lyon"})
