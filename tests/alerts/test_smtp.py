"""Against a real mail server: one mail about the fall, one about the recovery, whatever happens."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest

from evalsite import env
from evalsite.alerts.deliver import deliver_due
from evalsite.alerts.models import Alert
from evalsite.alerts.notice import batch_closed
from evalsite.regressions.compare import compare
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.alerts.receivers import Inbox, mail_server
from tests.alerts.told import Story
from tests.factories import make_alert, make_subscription
from tests.services import Services

DELIVER = """
import django; django.setup()
from evalsite.alerts.deliver import deliver_due
from evalsite.tenants.scope import tenant
with tenant({owner!r}):
    deliver_due(claim_seconds=2)
"""


@pytest.fixture
def inbox(settings: Any) -> Iterator[Inbox]:
    with mail_server(settings) as running:
        yield running


@pytest.fixture
def told(as_acme: Tenant, inbox: Inbox) -> list[EmailMessage]:
    """A fall and a recovery, each closed twice, and delivered again and again."""
    make_subscription(email="ann@example.org")
    story = Story()
    for fallen in (0, 12, 12, 0, 0):
        batch = story.batch(fallen=fallen)
        for _ in range(2):
            batch_closed(batch, compare(batch))
            deliver_due()
    deliver_due()
    return inbox.mails


def test_one_mail_about_the_fall_and_one_about_the_recovery(told: list[EmailMessage]) -> None:
    assert [mail["Subject"].split(" in ")[0] for mail in told] == ["Regression", "Recovery"]
    assert all(mail["To"] == "ann@example.org" for mail in told)


def test_the_recovery_answers_the_mail_about_the_fall(told: list[EmailMessage]) -> None:
    fall, recovery = told
    assert recovery["In-Reply-To"] == recovery["References"] == fall["Message-ID"]
    assert fall["In-Reply-To"] is None


def test_each_mail_can_be_unsubscribed_from_by_one_click(told: list[EmailMessage]) -> None:
    for mail in told:
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        link = mail["List-Unsubscribe"].strip("<>")
        body = mail.get_body(("plain",))
        assert body is not None
        assert "/mute/" in link
        assert "/mute/" in body.get_content()


@pytest.mark.usefixtures("committed_db")
def test_a_deliverer_killed_before_it_sent_is_followed_by_another(
    services: Services, inbox: Inbox
) -> None:
    acme = Tenant.objects.create(slug="acme", name="Acme")
    with tenant(acme.pk):
        alert = make_alert()
        _kill_in_mid_delivery(acme, alert=alert, services=services)
        assert deliver_due() == 0  # the dead one's claim still holds
        over = time.monotonic() + 20
        while not inbox.mails and time.monotonic() < over:
            deliver_due()
            time.sleep(0.2)
        deliver_due()
    assert [mail["Message-ID"] for mail in inbox.mails] == [f"<{alert.pk}@evalsite>"]


def _kill_in_mid_delivery(owner: Tenant, *, alert: Alert, services: Services) -> None:
    """Let a process claim the alert, talk to a mail server that says nothing, and be killed."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        deliverer = subprocess.Popen(
            [sys.executable, "-c", DELIVER.format(owner=str(owner.pk))],
            env={
                **services.environment(),
                "EVALSITE_DATA_DIR": str(services.layout.data),
                "DJANGO_SETTINGS_MODULE": "evalsite.settings",
                "EMAIL_URL": url,
                "PATH": "",
            },
            cwd=env.ROOT,
        )
        silent.settimeout(30)
        connection, _ = silent.accept()
        deliverer.kill()
        deliverer.wait()
        connection.close()
    alert.refresh_from_db()
    assert (alert.state, alert.attempts) == ("sending", 1)
