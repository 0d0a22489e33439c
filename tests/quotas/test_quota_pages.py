"""Operators set quotas; a tenant's people see them."""

from __future__ import annotations

import json
from decimal import Decimal
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from evalsite.audit.models import Entry
from evalsite.quotas.models import Quota, Spending
from evalsite.quotas.month import Month
from evalsite.quotas.set_quota import QuotaInvalid, set_quota
from evalsite.quotas.usage import usage
from evalsite.tenants.middleware import SESSION_KEY
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import nobody, tenant
from tests.factories import make_batch, make_case, make_output, make_scorecard
from tests.tenant_rows import make_membership

PAGE = "/admin/quotas/quota/"
FORM = {"max_cases": "7", "max_batches_in_flight": "", "month_usd": "12.5"}


def browser(user: User, acme: Tenant) -> Client:
    client = Client()
    with nobody():
        client.force_login(user)
        session = client.session
        session[SESSION_KEY] = str(acme.pk)
        session.save()
    return client


@pytest.fixture
def owner(as_acme: Tenant) -> Client:
    """The browser of Acme's owner, who is no operator."""
    alice = User.objects.create(username="alice", is_staff=True)
    make_membership(user=alice, role=Role.OWNER)
    return browser(alice, as_acme)


@pytest.fixture
def operator(as_acme: Tenant) -> Client:
    """The browser of a superuser who has picked Acme."""
    return browser(User.objects.create_superuser("root"), as_acme)


def said(*args: str) -> str:
    err = StringIO()
    call_command(*args, "--tenant", "acme", stderr=err)
    return err.getvalue()


def test_an_operator_sets_it_once(operator: Client, acme: Tenant) -> None:
    with nobody():
        assert operator.post(f"{PAGE}add/", FORM).status_code == 302
        assert operator.get(f"{PAGE}add/").status_code == 403
    quota = Quota.objects.get()
    assert (quota.max_cases, quota.max_batches_in_flight, quota.month_usd) == (7, None, 12.5)
    with nobody():
        operator.post(f"{PAGE}{quota.pk}/change/", {**FORM, "max_cases": "8"})
    entries = Entry.objects.order_by("recorded_at").filter(action__startswith="quota")
    assert [entry.action for entry in entries] == ["quota.set", "quota.set"]
    assert (entries[1].actor, entries[1].before, entries[1].after) == (
        "root",
        {"max_cases": 7},
        {"max_cases": 8},
    )


def test_an_owner_only_looks(owner: Client) -> None:
    quota = set_quota(max_cases=7)
    with nobody():
        assert owner.get(f"{PAGE}{quota.pk}/change/").status_code == 200
        changed = owner.post(f"{PAGE}{quota.pk}/change/", {**FORM, "max_cases": "999"})
        added = owner.post(f"{PAGE}add/", FORM)
        deleted = owner.post(f"{PAGE}{quota.pk}/delete/", {"post": "yes"})
    assert (changed.status_code, added.status_code, deleted.status_code) == (403, 403, 403)
    assert Quota.objects.get().max_cases == 7


def test_a_weight_is_a_share_of_the_workers(as_acme: Tenant) -> None:
    assert usage().weight == 1
    assert "weight: 3\n" in said("setquota", "--weight", "3")
    assert usage().weight == 3


def test_setquota_changes_what_is_given(as_acme: Tenant) -> None:
    set_quota(max_cases=7, max_batches_in_flight=2)
    told = said("setquota", "--max-cases", "none", "--month-usd", "12.5")
    assert "max_cases: none\n" in told
    quota = Quota.objects.get()
    assert (quota.max_cases, quota.max_batches_in_flight, quota.month_usd) == (
        None,
        2,
        Decimal("12.5"),
    )


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("--max-cases", "-1"),
        ("--max-cases", "x"),
        ("--month-usd", "NaN"),
        ("--month-usd=-1",),
        ("--weight", "0"),
        ("--weight", "101"),
    ],
)
def test_setquota_refuses(args: tuple[str, ...], as_acme: Tenant) -> None:
    with pytest.raises(CommandError):
        said("setquota", *args)
    assert not Quota.objects.exists()


def test_a_limit_that_is_none_is_refused(as_acme: Tenant) -> None:
    with pytest.raises(QuotaInvalid):
        set_quota(max_cases=-1)


def test_usage_counts_the_tenants_own(as_acme: Tenant, globex: Tenant) -> None:
    with tenant(globex.pk):
        make_case()
        make_output()
    before = usage()
    assert (before.cases, before.outputs, before.max_cases) == (0, 0, None)
    make_scorecard()
    make_batch(state="finished")
    Spending.objects.create(month=Month.current().first_day, spent_usd=3, booked_usd=1)
    found = usage()
    assert (found.scorecards, found.batches_in_flight) == (1, 1)
    assert (found.month_spent_usd, found.month_booked_usd) == (Decimal(3), Decimal(1))


def test_showquota_tells_both(as_acme: Tenant) -> None:
    set_quota(max_cases=1200)
    assert "cases: 0 of 1,200\nbatches in flight: 0 of any number\n" in said("showquota")
    out = StringIO()
    call_command("showquota", "--json", "--tenant", "acme", stdout=out)
    told = json.loads(out.getvalue())
    assert (told["max_cases"], told["month_usd"], told["month_spent_usd"]) == (1200, None, 0)
