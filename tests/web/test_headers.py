"""Every page answers with the headers that bind the browser, and keeps to them itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from evalsite.cases.models import TestCase
from evalsite.env import ROOT
from evalsite.regressions.models import Comparison
from evalsite.tenants.middleware import SESSION_KEY
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import nobody
from tests.factories import FACTORIES, make_revision, make_suite
from tests.reported import fill
from tests.tenant_rows import make_membership, make_user

POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Faults(HTMLParser):
    """What of a page the policy would not let the browser run or load."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._runs = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._runs = tag == "script" and given.get("type") != "application/json"
        if tag == "style" or "style" in given:
            self.found.append(f"<{tag}> has a style")
        for name, value in given.items():
            if name.startswith("on") or (value or "").lower().startswith("javascript:"):
                self.found.append(f"<{tag} {name}> runs")
        if tag in ("script", "img", "link") and "//" in (
            given.get("src") or given.get("href") or ""
        ):
            self.found.append(f"<{tag}> comes from elsewhere")

    def handle_data(self, data: str) -> None:
        if self._runs and data.strip():
            self.found.append("<script> is inline")
        self._runs = False


def routes(patterns: Any, *, prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield the name of each route that is no part of the REST API, and what it wants to know."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            space = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from routes(pattern.url_patterns, prefix=prefix + space)
        elif pattern.name and (prefix != "api:" or pattern.name == "docs"):
            yield prefix + pattern.name, list(pattern.pattern.regex.groupindex)


ROUTES = sorted(dict(routes(get_resolver().url_patterns)).items())


def test_each_kind_of_page_is_among_them() -> None:
    names = {name for name, _ in ROUTES}
    assert {"home", "signin", "batch", "comparison", "api:docs", "admin:index"} <= names
    assert {"admin:cases_testcase_history", "admin:cases_suite_add"} <= names


@pytest.fixture
def root(as_acme: Tenant) -> Client:
    """The browser of a superuser who has picked Acme, and is a member too."""
    user = User.objects.create_superuser("root")
    make_membership(user=user, role=Role.OWNER)
    client = Client(raise_request_exception=False)
    with nobody():
        client.force_login(user)
        session = client.session
        session[SESSION_KEY] = str(as_acme.pk)
        session.save()
    return client


@pytest.fixture
def known(as_acme: Tenant) -> dict[str, Any]:
    """What the routes want to know."""
    suite = make_suite(name="sums")
    return {
        "batch_id": fill(),
        "comparison_id": Comparison.objects.get().pk,
        "suite": suite.name,
        "pk": suite.pk,
        "token": "no-token",
        "app_label": "cases",
        "content_type_id": 1,
        "id": make_user().pk,
        "url": "nowhere",
        "kind": "comparison",
        "subject_id": Comparison.objects.get().pk,
        "digest": "no-digest",
        "number": 0,
    }


@pytest.fixture
def rows(as_acme: Tenant) -> dict[str, Model]:
    """A row of each model that has admin pages."""
    from django.contrib import admin

    made: dict[Any, Any] = {
        model: FACTORIES[model]() for model in admin.site._registry if model in FACTORIES
    }
    made |= {User: make_user(), TestCase: make_revision().case}
    return {f"{m._meta.app_label}_{m._meta.model_name}": row for m, row in made.items()}


def address(name: str, wants: list[str], *, known: dict[str, Any], rows: dict[str, Any]) -> str:
    """Answer where a page is; fails for one that wants what this test does not know."""
    given = dict.fromkeys(wants, "")
    for want in wants:
        if want == "object_id":
            model = name.removeprefix("admin:").rpartition("_")[0]
            given[want] = rows[model].pk if model in rows else str(uuid4())
        else:
            given[want] = known[want] if want in known else row_id(want, rows)
    return reverse(name, kwargs=given)


def row_id(want: str, rows: dict[str, Any]) -> Any:
    """Answer the id of a row whose model a part of an address is called after."""
    called = {"card_id": "scorecard", "check_id": "gatecheck", "case_id": "testcase"}
    model = called.get(want, want.removesuffix("_id"))
    return next((row.pk for name, row in rows.items() if name.endswith(f"_{model}")), uuid4())


def faults(answer: Any) -> list[str]:
    found = [name for name, value in HEADERS.items() if answer.headers.get(name) != value]
    if answer.headers.get("Referrer-Policy") not in ("same-origin", "no-referrer"):
        found.append("Referrer-Policy")
    policy = set(answer.headers.get("Content-Security-Policy", "").split("; "))
    found += sorted(POLICY - policy)
    found += [rule for rule in policy if "unsafe" in rule and not rule.startswith("style-src")]
    if "camera=()" not in answer.headers.get("Permissions-Policy", ""):
        found.append("Permissions-Policy")
    if answer.headers.get("Content-Type", "").startswith("text/html"):
        page = Faults()
        page.feed(answer.content.decode())
        found += page.found
    return found


def test_every_page_keeps_to_the_policy(
    root: Client, known: dict[str, Any], rows: dict[str, Any]
) -> None:
    bad, good = {}, 0
    for name, wants in ROUTES:
        where = address(name, wants, known=known, rows=rows)
        with nobody():
            answer = root.get(where)
        if answer.status_code >= 500 or (found := faults(answer)):
            bad[name] = [str(answer.status_code), *found]
        good += answer.status_code == 200 and "html" in answer.headers["Content-Type"]
    assert "\n".join(f"{name}: {why}" for name, why in bad.items()) == ""
    assert good > len(ROUTES) / 2


@pytest.mark.parametrize("path", ["/", "/signin/", "/nothing-here", "/admin/", "/api/v1/nothing"])
def test_so_do_answers_to_strangers(path: str, db: None) -> None:
    assert faults(Client(raise_request_exception=False).get(path)) == []


@pytest.mark.parametrize(
    "page",
    [
        "<script>x()</script>",
        "<style>p {}</style>",
        "<p style='color:red'>",
        "<p onclick='x()'>",
        "<a href='JavaScript:x()'>",
        "<script src='//cdn.example.org/x.js'></script>",
        "<link href='https://cdn.example.org/x.css'>",
    ],
)
def test_the_reader_finds(page: str) -> None:
    reader = Faults()
    reader.feed(page)
    assert reader.found


def test_the_reader_lets_be() -> None:
    reader = Faults()
    reader.feed("<script src='/x.js'></script><script type='application/json'>{}</script><p>x")
    assert reader.found == []


def deployed(url: str) -> subprocess.CompletedProcess[str]:
    """Ask Django what it finds wrong with a deployment at an address."""
    check = ("check", "--deploy", "--tag", "security", "--fail-level", "WARNING")
    command = [sys.executable, "manage.py", *check]
    return subprocess.run(
        command, cwd=ROOT, env={"SITE_URL": url}, capture_output=True, text=True, timeout=120
    )


def test_a_deployment_with_https_is_clean() -> None:
    done = deployed("https://eval.example.org")
    assert (done.returncode, "no issues" in done.stdout) == (0, True), done.stderr


def test_one_without_is_told_so() -> None:
    done = deployed("http://eval.example.org")
    assert done.returncode == 1
    assert {"security.W004", "security.W012"} <= set(done.stderr.replace(")", "(").split("("))


def test_https_is_insisted_on(settings: Any, db: None) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 31_536_000
    assert Client().get("/signin/").headers["Location"] == "https://testserver/signin/"
    secure = Client().get("/signin/", secure=True)
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert Client().get("/healthz").status_code == 200
