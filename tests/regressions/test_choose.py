"""Which batch another is compared with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from evalsite.batches.models import Batch
from evalsite.cases.models import Suite
from evalsite.regressions.choose import BaselineUnknown, choose_baseline, resolve_baseline
from evalsite.regressions.pin import pin
from evalsite.targets.models import Target
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_batch, make_run, make_suite, make_summary, make_target

pytestmark = pytest.mark.usefixtures("as_acme")


@pytest.fixture
def suite(as_acme: Tenant) -> Suite:
    return make_suite()


@pytest.fixture
def system(as_acme: Tenant) -> Target:
    return make_target()


@pytest.fixture
def of(suite: Suite, system: Target) -> Any:
    def make(age: int, **fields: Any) -> Batch:
        run = {key: fields.pop(key) for key in ("client_version", "commit") if key in fields}
        made = make_run(target=fields.pop("target", system), client_type="web", **run)
        batch = make_batch(**{"suite": suite, "run": made, "state": "finished", **fields})
        batch.created_at = timezone.now() - timedelta(minutes=age)
        batch.save()
        return batch

    return make


def chosen(batch: Batch) -> Batch | None:
    choice = choose_baseline(batch)
    return choice and choice[0]


def test_the_newest_finished_one_before_is_the_baseline(of: Any) -> None:
    of(30)
    wanted = of(20)
    of(15, state="cancelled")
    of(12, state="running")
    batch = of(10)
    of(5)
    assert choose_baseline(batch) == (wanted, "previous")


def test_it_is_of_the_same_kind(of: Any) -> None:
    of(5, pack="rag")
    of(5, target=make_target())
    of(5, run=make_run(client_type="mobile"))
    of(5, suite=make_suite())
    assert chosen(of(0)) is None


def test_a_quick_try_is_no_baseline_for_the_whole(of: Any) -> None:
    whole = of(20)
    few = of(10, selection={"limit": 10})
    assert chosen(of(9, selection={"limit": 10})) == few
    assert chosen(of(8, selection={"tags": ["x"]})) == whole
    assert chosen(of(7)) == whole


def test_a_quick_try_is_better_than_nothing(of: Any) -> None:
    few = of(10, selection={"limit": 10})
    assert chosen(of(0)) == few


@pytest.mark.parametrize(("unscored", "is_hollow"), [(20, False), (21, True)])
def test_one_that_hardly_was_judged_is_passed_over(unscored: int, is_hollow: bool, of: Any) -> None:
    judged, hollow = of(20), of(10)
    make_summary(batch=hollow, n=100, unscored=unscored - 1, errored=1)
    assert chosen(of(0)) == (judged if is_hollow else hollow)


def test_one_whose_judges_were_found_out_is_passed_over(of: Any) -> None:
    trusted, _ = of(20, preflight="trusted"), of(10, preflight="untrusted")
    assert chosen(of(0)) == trusted


def test_one_that_proves_nothing_is_better_than_nothing(of: Any) -> None:
    hollow = of(10, preflight="untrusted")
    assert chosen(of(0)) == hollow


def test_a_pinned_batch_goes_before(of: Any) -> None:
    pinned = of(30)
    of(20)
    pin(pinned)
    assert choose_baseline(of(0)) == (pinned, "pinned")


def test_a_batch_is_not_its_own_baseline(of: Any) -> None:
    before, batch = of(20), of(10)
    pin(batch)
    assert chosen(batch) == before


def test_a_pin_that_cannot_be_used_is_no_pin(of: Any) -> None:
    pinned, previous = of(30), of(20)
    pin(pinned)
    Batch.objects.filter(pk=pinned.pk).update(state="running")
    assert choose_baseline(of(0)) == (previous, "previous")


def test_a_pin_for_any_client_gives_way_to_one_of_its_own(of: Any) -> None:
    general, own = of(30), of(20)
    pin(general, any_client=True)
    assert chosen(of(0)) == general
    pin(own)
    assert chosen(of(0)) == own


def test_each_name_finds_its_batch(of: Any) -> None:
    first, second = of(30, client_version="1.4", commit="abc123ff"), of(20, client_version="1.5")
    of(15, state="cancelled", client_version="1.4")
    pin(first)
    batch = of(0)
    assert resolve_baseline(batch, "previous") == (second, "previous")
    assert resolve_baseline(batch, "pinned") == (first, "pinned")
    assert resolve_baseline(batch, "version:1.4") == (first, "version")
    assert resolve_baseline(batch, "commit:abc1") == (first, "commit")
    assert resolve_baseline(batch, str(second.pk)) == (second, "named")


@pytest.mark.parametrize(
    "text",
    ["version:9", "version:", "commit:ffff", "commit:ab", "x", "", str(UUID(int=7)), "pinned"],
)
def test_what_names_nothing_is_unknown(of: Any, text: str) -> None:
    of(10, client_version="1.4", commit="abc123")
    with pytest.raises(BaselineUnknown):
        resolve_baseline(of(0), text)


def test_a_batch_is_named_by_how_its_id_begins_too(of: Any) -> None:
    first, _ = of(20, id=UUID("ab" * 16)), of(10, id=UUID("ac" * 16))
    batch = of(0)
    assert resolve_baseline(batch, "abab") == (first, "named")
    with pytest.raises(BaselineUnknown, match="more than one batch begins"):
        resolve_baseline(batch, "a")


def test_without_a_pin_it_says_that_none_is_pinned(of: Any) -> None:
    with pytest.raises(BaselineUnknown, match="is pinned"):
        resolve_baseline(of(0), "pinned")


def test_a_commit_that_is_short_for_two_names_none(of: Any) -> None:
    of(10, commit="abcd1")
    of(5, commit="abcd2")
    with pytest.raises(BaselineUnknown, match="several commits"):
        resolve_baseline(of(0), "commit:abcd")


def test_a_batch_cannot_be_named_against_itself(of: Any) -> None:
    batch = of(0)
    with pytest.raises(BaselineUnknown, match="itself"):
        resolve_baseline(batch, str(batch.pk))


def test_another_tenants_batch_is_unknown(of: Any, globex: Tenant) -> None:
    batch = of(0)
    with tenant(globex.pk):
        theirs = make_batch(state="finished")
    with pytest.raises(BaselineUnknown):
        resolve_baseline(batch, str(theirs.pk))
