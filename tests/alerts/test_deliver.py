from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connections, transaction
from django.utils import timezone

from evalsite.alerts.deliver import MAX_ATTEMPTS, deliver_due
from evalsite.alerts.models import Alert
from evalsite.alerts.notice import batch_closed
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.alerts.told import make_fall
from tests.factories import make_alert, make_subscription


class Broken(BaseEmailBackend):
    """A server that is down."""

    def send_messages(self, email_messages: Any) -> int:
        raise ConnectionRefusedError("\x1b no server")


@pytest.fixture
def server_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend", Broken)


def make_due(*, seconds: int = 0, **fields: Any) -> Alert:
    """An alert whose claim ran out so many seconds ago."""
    return make_alert(due_at=timezone.now() - timedelta(seconds=seconds), **fields)


def again(alert: Alert) -> Alert:
    alert.refresh_from_db()
    return alert


@pytest.mark.usefixtures("as_acme")
def test_a_due_alert_is_sent_and_marked() -> None:
    alert = make_due(recipient="ann@example.org")
    assert deliver_due() == 1
    assert (again(alert).state, alert.attempts) == ("sent", 1)
    assert alert.sent_at is not None
    assert [message.to for message in mail.outbox] == [["ann@example.org"]]


@pytest.mark.usefixtures("as_acme")
def test_a_second_delivery_sends_nothing() -> None:
    make_due()
    assert [deliver_due(), deliver_due()] == [1, 0]
    assert len(mail.outbox) == 1


@pytest.mark.usefixtures("as_acme")
def test_the_mail_has_both_parts_and_stable_headers() -> None:
    alert = make_due(text="plain", html="<p>rich</p>")
    deliver_due()
    message = mail.outbox[0].message()
    assert message["Message-ID"] == f"<{alert.pk}@evalsite>"
    assert message["Auto-Submitted"] == "auto-generated"
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == ["multipart/alternative", "text/plain", "text/html"]


@pytest.mark.usefixtures("as_acme")
def test_no_more_than_the_limit() -> None:
    for _ in range(3):
        make_due()
    assert deliver_due(limit=2) == 2


@pytest.mark.usefixtures("as_acme")
@pytest.mark.parametrize("state", ["sent", "failed"])
def test_what_is_over_is_left_alone(state: str) -> None:
    make_due(state=state)
    assert deliver_due() == 0


@pytest.mark.usefixtures("as_acme")
def test_a_live_claim_is_left_alone() -> None:
    make_due(state="sending", seconds=-60)
    assert deliver_due() == 0


@pytest.mark.usefixtures("as_acme")
def test_a_claim_that_ran_out_is_sent_by_another() -> None:
    alert = make_due(state="sending", seconds=1, attempts=1)
    assert deliver_due() == 1
    assert (again(alert).state, alert.attempts) == ("sent", 2)


@pytest.mark.usefixtures("as_acme")
def test_an_alert_that_kills_its_deliverers_is_given_up() -> None:
    alert = make_due(state="sending", seconds=1, attempts=MAX_ATTEMPTS)
    assert deliver_due() == 0
    assert (again(alert).state, alert.error) == ("failed", "the deliverer died each time")


@pytest.mark.usefixtures("as_acme", "server_down")
def test_a_failure_becomes_the_row_and_waits() -> None:
    alert = make_due()
    assert deliver_due() == 0
    assert (again(alert).state, alert.attempts) == ("pending", 1)
    assert alert.error == "ConnectionRefusedError: \\u001b no server"
    assert alert.due_at > timezone.now() + timedelta(seconds=30)


@pytest.mark.usefixtures("as_acme", "server_down")
def test_the_wait_grows() -> None:
    alert = make_due(attempts=3)
    deliver_due()
    assert again(alert).due_at > timezone.now() + timedelta(seconds=400)


@pytest.mark.usefixtures("as_acme", "server_down")
def test_the_last_failure_is_final() -> None:
    alert = make_due(attempts=MAX_ATTEMPTS - 1)
    deliver_due()
    assert again(alert).state == "failed"


@pytest.mark.usefixtures("as_acme", "server_down")
def test_a_failure_ends_the_round() -> None:
    make_due()
    untouched = make_due()
    deliver_due()
    assert again(untouched).attempts == 0


@pytest.mark.usefixtures("as_acme")
def test_another_tenant_s_alerts_are_not_sent(globex: Tenant) -> None:
    make_due()
    with tenant(globex.pk):
        assert deliver_due() == 0
    assert mail.outbox == []


@pytest.mark.usefixtures("as_acme")
def test_a_mail_file_can_be_read_back(settings: Any, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    make_subscription(email="ann@example.org")
    fall = make_fall(reason="naïve café → 日本")
    batch_closed(fall.batch, fall)
    deliver_due()
    (file,) = tmp_path.iterdir()
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert str(message["Subject"]).startswith("Regression in suite assistant: pass rate 100.0 %")
    body = message.get_body(("plain",))
    assert body is not None
    assert "naïve café → 日本" in body.get_content()


@pytest.mark.usefixtures("committed_db")
def test_a_claim_inside_a_transaction_is_refused() -> None:
    acme = Tenant.objects.create(slug="acme", name="Acme")
    with tenant(acme.pk), pytest.raises(RuntimeError), transaction.atomic():
        deliver_due()


@pytest.mark.usefixtures("committed_db")
def test_many_deliverers_at_once_send_each_once() -> None:
    acme = Tenant.objects.create(slug="acme", name="Acme")
    with tenant(acme.pk):
        wanted = {f"<{make_alert().pk}@evalsite>" for _ in range(12)}
    together(4, lambda: deliver_within(acme))
    sent = [message.extra_headers["Message-ID"] for message in mail.outbox]
    assert len(sent) == 12
    assert set(sent) == wanted


def deliver_within(owner: Tenant) -> None:
    with tenant(owner.pk):
        deliver_due()
    connections.close_all()


def together(n: int, work: Any) -> None:
    """Run the work in n threads that start at the same moment."""
    start = Barrier(n)
    threads = [Thread(target=lambda: (start.wait(), work())) for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
