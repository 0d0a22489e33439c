"""What a paused batch says: why, what it came to, and the command that goes on with it."""

from __future__ import annotations

import json
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from evalsite.batches.models import Batch
from evalsite.figures import dollars
from evalsite.pipeline import account, report
from evalsite.pipeline.management.commands import runbatch
from evalsite.tenants.models import Tenant
from tests.factories import make_batch, make_summary
from tests.tenant_rows import make_membership, make_user

PAUSED = {
    "state": "paused",
    "paused_code": "money_cap",
    "paused_reason": "no room",
    "max_cost_usd": Decimal("1.5"),
    "spent_usd": Decimal("1.25"),
    "booked_usd": Decimal("0.5"),
    "n_calls": 7,
    "n_unpriced": 2,
    "n_cached": 3,
}


@pytest.fixture
def paused(as_acme: Tenant) -> Batch:
    """A batch that has met its cap."""
    batch = make_batch(**PAUSED)
    make_summary(batch=batch)
    return batch


def test_the_report_tells_money_and_calls(paused: Batch) -> None:
    assert account.in_words(paused) == (
        "models: $1.25 (7 calls, 2 of unknown price, 3 cached, $0.50 possibly spent, cap $1.50)"
    )
    assert account.in_words(paused) in " ".join(report.as_text(paused).split())
    assert json.loads("".join(report.json_of(paused)))["account"]["booked_usd"] == 0.5


def test_what_is_unknown_is_no_zero(as_acme: Tenant) -> None:
    batch = make_batch(n_calls=7, n_unpriced=7)
    assert account.in_words(batch).startswith("models: cost unknown (7 calls")


@pytest.mark.parametrize(
    ("amount", "told"), [("2", "$2.00"), ("0.004315000", "$0.004315"), ("1.500000000", "$1.50")]
)
def test_money_is_told_to_the_cent_or_as_far_as_it_goes(amount: str, told: str) -> None:
    assert dollars(Decimal(amount)) == told


def test_a_batch_that_asked_nobody_says_nothing_of_it(as_acme: Tenant) -> None:
    assert account.in_words(make_batch()) == ""


def test_the_report_tells_why_it_is_paused(paused: Batch) -> None:
    assert "money_cap: The batch is paused: no room." in report.as_text(paused)


def test_at_the_cap_the_command_names_a_higher_one(paused: Batch) -> None:
    command = f"python manage.py runbatch --resume {paused.pk} --max-cost 3 --tenant acme"
    assert account.resume_command(paused, tenant="acme") == command
    paused.paused_code = "endpoint_broken"
    assert "--max-cost" not in account.resume_command(paused)


def test_the_command_ends_with_4_and_prints_how_to_go_on(paused: Batch) -> None:
    out, err = StringIO(), StringIO()
    command = runbatch.Command(stdout=out, stderr=err, no_color=True)
    with pytest.raises(SystemExit) as ended:
        command._report(paused, {"json": True, "tenant": "acme"})
    assert ended.value.code == 4
    assert "[money_cap] no room (go on with a higher --max-cost)" in err.getvalue()
    assert account.resume_command(paused, tenant="acme") in err.getvalue()
    assert json.loads(out.getvalue())["state"] == "paused"


@pytest.mark.parametrize("command", ["listbatches", "showbatch"])
def test_every_listing_shows_it(command: str, paused: Batch) -> None:
    out = StringIO()
    named: Any = [str(paused.pk)] if command == "showbatch" else []
    call_command(command, *named, tenant="acme", stdout=out)
    assert "paused" in out.getvalue()


def test_the_page_shows_it(paused: Batch, client: Client) -> None:
    person = make_user()
    make_membership(user=person, role="viewer")
    client.force_login(person)
    page = client.get(f"/batches/{paused.pk}/").content.decode()
    assert "The batch is paused: no room." in page
    assert "7 calls, 2 of unknown price, 3 cached" in page
    assert f"runbatch --resume {paused.pk} --max-cost 3" in page
