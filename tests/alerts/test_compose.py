from __future__ import annotations

import pytest
from django.conf import settings

from evalsite.alerts.compose import compose as write
from evalsite.alerts.conditions import Change
from evalsite.alerts.models import Alert
from evalsite.alerts.news import of_change
from evalsite.alerts.notice import batch_closed
from evalsite.regressions.models import Comparison, Verdict
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.alerts.told import make_fall
from tests.factories import make_condition, make_subscription, make_suite, make_webhook

pytestmark = pytest.mark.usefixtures("as_acme")

NASTY = "<img src=x onerror=alert(1)>\x1b[2J & \u202etxt"


@pytest.fixture
def fall(as_acme: Tenant) -> Comparison:
    return make_fall()


def compose(fall: Comparison) -> list[Alert]:
    return batch_closed(fall.batch, fall)


def told(fall: Comparison) -> Alert:
    make_subscription()
    (alert,) = compose(fall)
    return alert


def test_each_subscriber_gets_one(fall: Comparison) -> None:
    for_all = make_subscription()
    for_this = make_subscription(suite=fall.batch.suite)
    assert {alert.recipient for alert in compose(fall)} == {for_all.email, for_this.email}


def test_a_second_call_adds_none(fall: Comparison) -> None:
    make_subscription()
    news = of_change(Change(make_condition(), fall))
    assert write(news) == write(news)
    assert Alert.objects.count() == 1


def test_muted_and_other_suites_get_none(fall: Comparison) -> None:
    make_subscription(is_muted=True)
    make_subscription(suite=make_suite())
    assert compose(fall) == []


def test_who_subscribed_twice_is_told_once(fall: Comparison) -> None:
    make_subscription(email="ann@example.org")
    own = make_subscription(email="ann@example.org", suite=fall.batch.suite)
    (alert,) = compose(fall)
    assert alert.subscription_id == own.pk


def test_a_muted_suite_is_muted_for_who_subscribed_to_all(fall: Comparison) -> None:
    make_subscription(email="ann@example.org")
    make_subscription(email="ann@example.org", suite=fall.batch.suite, is_muted=True)
    assert compose(fall) == []


def test_who_wants_another_kind_is_not_told(fall: Comparison) -> None:
    make_subscription(kinds=["recovery", "budget_reached"])
    assert compose(fall) == []


def test_a_webhook_that_is_switched_off_is_not_told(fall: Comparison) -> None:
    make_subscription(webhook=make_webhook(is_active=False))
    assert compose(fall) == []


@pytest.mark.parametrize("verdict", sorted(set(Verdict) - {Verdict.REGRESSED}))
def test_only_a_regression_is_told(fall: Comparison, verdict: str) -> None:
    make_subscription()
    fall.verdict = verdict
    assert compose(fall) == []


def test_a_subscriber_of_another_tenant_is_not_told(fall: Comparison, globex: Tenant) -> None:
    with tenant(globex.pk):
        make_subscription()
    assert compose(fall) == []


def test_the_subject_begins_with_the_verdict(fall: Comparison) -> None:
    assert told(fall).subject == (
        "Regression in suite assistant: pass rate 100.0 % -> 70.0 % "
        "(-30.0 points, 95 % interval -45.4 to -18.1)"
    )


def test_text_and_html_tell_the_same(fall: Comparison) -> None:
    alert = told(fall)
    urls = [f"{settings.SITE_URL}/batches/{b}/" for b in (fall.batch_id, fall.baseline_id)]
    urls.append(f"{settings.SITE_URL}/comparisons/{fall.pk}/")
    command = f"manage.py showbatch {fall.batch_id} --tenant acme"
    for part in (alert.text, alert.html):
        for fact in (*urls, command, "case-00", "book_table was not called", "p = 0.00049"):
            assert fact in part
        assert "12 cases got worse and 0 got better among 40" in part


def test_html_escapes_what_a_model_wrote() -> None:
    html = told(make_fall(reason=NASTY, category="<b>x</b>")).html
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;\\u001b[2J &amp; \\u202etxt" in html
    assert "<b>x</b>" not in html


def test_text_shows_what_hides_but_does_not_escape() -> None:
    text = told(make_fall(reason=NASTY)).text
    assert "<img src=x onerror=alert(1)>\\u001b[2J & \\u202etxt" in text


def test_nothing_is_loaded_from_elsewhere(fall: Comparison) -> None:
    html = told(fall).html
    assert "src=" not in html
    assert "url(" not in html
    assert "@import" not in html
