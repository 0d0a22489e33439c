"""Making, listing and revoking links, and what they show to whoever has them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from evalsite.regressions.models import Comparison
from evalsite.shares.models import Share
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import nobody, tenant
from tests.alerts.told import make_fall
from tests.factories import make_batch
from tests.web.logged import Lines, logged
from tests.web.looking import looker, shown


@pytest.fixture
def fall(acme: Tenant) -> Comparison:
    with tenant(acme.pk):
        return make_fall(tags=["dates"])


def make(owner: Tenant, subject: Any, **form: Any) -> str:
    """An engineer's link to a row, as a path."""
    kind = type(subject).__name__.lower()
    address = f"/shares/{kind}/{subject.pk}/make/"
    page = looker(owner, role=Role.ENGINEER).post(address, {"days": 7, **form}).text
    found = re.search(r"(/shared/[\w-]+/)", page)
    assert found is not None, page
    return found[1]


def read(path: str) -> Any:
    with nobody():
        return Client().get(path)


def test_the_link_shows_the_comparison_without_signing_in(fall: Comparison, acme: Tenant) -> None:
    answer = read(make(acme, fall))
    assert answer.status_code == 200
    assert "<title>Regressed: assistant" in answer.text
    assert "95 % interval -45.4 to -18.1" in answer.text
    assert "of Acme, read-only until" in answer.text


def test_nothing_on_it_leads_on(fall: Comparison, acme: Tenant) -> None:
    with tenant(acme.pk):
        path, batch = make(acme, fall), make(acme, fall.batch)
    for address in (path, make(acme, fall, with_cases="on"), batch):
        page = read(address).text
        assert not re.search(r"<(a|form|script|button)\b", page)
        assert "<nav" not in page


def test_cases_are_shown_only_if_wanted(fall: Comparison, acme: Tenant) -> None:
    reason = "expected city=&#x27;Lyon&#x27;"
    assert reason not in read(make(acme, fall)).text
    assert reason in read(make(acme, fall, with_cases="on")).text


def test_a_batch_is_shown_with_its_verdict(fall: Comparison, acme: Tenant) -> None:
    page = read(make(acme, fall.batch)).text
    assert "Regressed against" in page
    assert "passes fewer cases than" in page


def test_nobody_is_told_its_address(fall: Comparison, acme: Tenant) -> None:
    headers = read(make(acme, fall)).headers
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in headers["Cache-Control"]
    assert "Set-Cookie" not in headers


def test_whoever_is_signed_in_elsewhere_reads_the_same(
    fall: Comparison, acme: Tenant, globex: Tenant
) -> None:
    path = make(acme, fall)
    page = looker(globex).get(path).text
    assert page == read(path).text
    assert "Globex" not in page


def revoked(path: str, acme: Tenant) -> None:
    with tenant(acme.pk):
        share = Share.objects.get()
    looker(acme, role=Role.ENGINEER).post(f"/shares/{share.pk}/revoke/")


def emptied(path: str, acme: Tenant) -> None:
    with tenant(acme.pk):
        Comparison.objects.all().delete()


def closed(path: str, acme: Tenant) -> None:
    Tenant.objects.filter(pk=acme.pk).update(is_active=False)


@pytest.mark.parametrize("end", [revoked, emptied, closed])
def test_what_opens_nothing_is_the_same_page(end: Any, fall: Comparison, acme: Tenant) -> None:
    path = make(acme, fall)
    end(path, acme)
    wrong, ended = read("/shared/wrong/"), read(path)
    assert (ended.status_code, "share_gone" in ended.text) == (404, True)
    assert ended.text == wrong.text
    # Those two tell the request and the second.
    apart = {"X-Request-ID": "", "Expires": ""}
    assert dict(ended.headers) | apart == dict(wrong.headers) | apart


def test_a_link_takes_no_form(fall: Comparison, acme: Tenant) -> None:
    path = make(acme, fall)
    assert Client().post(path).status_code == 405


def test_uses_are_counted_and_listed(fall: Comparison, acme: Tenant) -> None:
    path = make(acme, fall)
    for _ in range(2):
        read(path)
    Client().head(path)
    page = shown(acme, f"/shares/comparison/{fall.pk}/")
    assert "<td>2 times</td>" in page
    assert path not in page


def test_it_is_revoked_from_the_page(fall: Comparison, acme: Tenant) -> None:
    path = make(acme, fall)
    revoked(path, acme)
    assert "revoked by" in shown(acme, f"/shares/comparison/{fall.pk}/")


def test_a_viewer_makes_and_revokes_none(fall: Comparison, acme: Tenant) -> None:
    make(acme, fall)
    viewer = looker(acme)
    with tenant(acme.pk):
        share = Share.objects.get()
    assert "Make a link" not in viewer.get(f"/shares/comparison/{fall.pk}/").text
    address = f"/shares/comparison/{fall.pk}/make/"
    assert viewer.post(address, {"days": 7}).status_code == 403
    assert viewer.post(f"/shares/{share.pk}/revoke/").status_code == 403


@pytest.mark.parametrize("days", ["", "2", "x", "7000"])
def test_other_days_make_no_link(days: str, fall: Comparison, acme: Tenant) -> None:
    engineer = looker(acme, role=Role.ENGINEER)
    address = f"/shares/comparison/{fall.pk}/make/"
    assert "No link was made" in engineer.post(address, {"days": days}, follow=True).text
    with tenant(acme.pk):
        assert not Share.objects.exists()


def test_another_tenants_rows_and_links_are_not_found(
    fall: Comparison, acme: Tenant, globex: Tenant
) -> None:
    make(acme, fall)
    with tenant(acme.pk):
        share = Share.objects.get()
    stranger = looker(globex, role=Role.OWNER)
    assert stranger.get(f"/shares/comparison/{fall.pk}/").status_code == 404
    assert stranger.post(f"/shares/comparison/{fall.pk}/make/", {"days": 7}).status_code == 404
    assert stranger.post(f"/shares/{share.pk}/revoke/").status_code == 404


def test_other_kinds_are_not_found(acme: Tenant) -> None:
    with tenant(acme.pk):
        batch = make_batch()
    viewer = looker(acme)
    for place in (f"suite/{batch.pk}", f"comparison/{batch.pk}", f"batch/{uuid4()}"):
        assert viewer.get(f"/shares/{place}/").status_code == 404


@pytest.fixture
def lines() -> Iterator[Lines]:
    with logged() as found:
        yield found


def test_the_log_holds_no_token(fall: Comparison, acme: Tenant, lines: Lines) -> None:
    path = make(acme, fall)
    read(path)
    read(f"{path[:-2]}x/")
    assert path.split("/")[2][:20] not in lines.getvalue()
    assert "shared/<str:token>/" in lines.getvalue()
