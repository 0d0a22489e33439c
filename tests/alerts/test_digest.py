"""One mail for all of an hour or day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from evalsite.alerts.deliver import deliver_due, is_due
from evalsite.alerts.models import Alert
from evalsite.alerts.notice import batch_paused
from evalsite.audit.models import Entry
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.alerts.test_deliver import together
from tests.alerts.told import Story
from tests.factories import make_alert, make_batch, make_subscription


def let_the_day_end() -> None:
    Alert.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def pause_one(**fields: Any) -> None:
    given = {"state": "paused", "paused_code": "money_cap", "paused_reason": "it is spent"}
    batch_paused(make_batch(**{**given, **fields}).pk)


@pytest.mark.usefixtures("as_acme")
def test_nothing_goes_out_before_the_day_is_over() -> None:
    make_subscription(delivery="daily")
    pause_one()
    assert not is_due()
    assert deliver_due() == 0
    due = Alert.objects.get().due_at
    assert timezone.now() < due <= timezone.now() + timedelta(days=1)
    assert timezone.localtime(due).hour == 0


@pytest.mark.usefixtures("as_acme")
def test_all_of_a_day_is_one_mail() -> None:
    wish = make_subscription(email="ann@example.org", delivery="daily")
    for _ in range(3):
        pause_one()
    let_the_day_end()
    assert [deliver_due(), deliver_due()] == [1, 0]
    (digest,) = mail.outbox
    assert digest.subject == "Daily digest: 3 alerts"
    assert digest.body.count("Budget reached in suite") == 3
    told = Alert.objects.exclude(kind="digest")
    assert {alert.state for alert in told.filter(subscription=wish)} == {"gathered"}


@pytest.mark.usefixtures("as_acme")
def test_two_readers_get_a_mail_each() -> None:
    for email in ("ann@example.org", "bob@example.org"):
        make_subscription(email=email, delivery="hourly")
    pause_one()
    let_the_day_end()
    assert deliver_due() == 2
    assert {message.to[0] for message in mail.outbox} == {"ann@example.org", "bob@example.org"}


@pytest.mark.usefixtures("as_acme")
def test_the_recovery_answers_the_digest_that_told_of_the_fall() -> None:
    wish = make_subscription(email="ann@example.org", delivery="daily")
    story = Story()
    story.close(fallen=0)
    story.close(fallen=12)
    let_the_day_end()
    deliver_due()
    wish.delivery = "now"
    wish.save()
    story.close(fallen=0)
    deliver_due()
    digest, recovery = mail.outbox
    headers = recovery.extra_headers
    assert headers["In-Reply-To"] == digest.extra_headers["Message-ID"]


@pytest.mark.usefixtures("committed_db")
def test_two_who_gather_at_once_write_one_mail() -> None:
    acme = Tenant.objects.create(slug="acme", name="Acme")
    past = timezone.now() - timedelta(seconds=1)
    with tenant(acme.pk):
        wish = make_subscription(delivery="hourly")
        for _ in range(4):
            make_alert(subscription=wish, delivery="hourly", due_at=past)

    def deliver() -> None:
        with tenant(acme.pk):
            deliver_due()

    together(3, deliver)
    with tenant(acme.pk):
        assert Alert.objects.filter(kind="digest").count() == 1
    assert len(mail.outbox) == 1


@pytest.mark.usefixtures("as_acme")
def test_a_digest_that_breaks_holds_up_no_other_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    make_subscription(email="ann@example.org", delivery="daily")
    make_subscription(email="bob@example.org")
    pause_one()
    let_the_day_end()
    monkeypatch.setattr("evalsite.alerts.digest.rendered", lambda *_: 1 / 0)
    assert deliver_due() == 1
    assert [mailed.to for mailed in mail.outbox] == [["bob@example.org"]]
    assert Entry.objects.get(action="digest.failed").details == {"raised": "ZeroDivisionError"}
