"""A whole evalsite on loopback: the site behind gunicorn, a worker, a coordinator, and a key."""

from __future__ import annotations

import re
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import connections

from evalsite.env import ROOT
from evalsite.keys.issue import issue_key
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.journeys.workshop import Workshop, acme, broker, until
from tests.services import Services

PAGE = ROOT / "docs" / "ci" / "README.md"


@dataclass
class Live:
    """Where it is; a key that may do all that engineers may, and one for CI, as docs/ci has it."""

    url: str
    shop: Workshop
    key: str = field(repr=False)
    ci_key: str = field(repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """Answer what the client reads."""
        return {"EVALSITE_URL": self.url, "EVALSITE_API_KEY": self.key}


@contextmanager
def living(services: Services, *, tmp: Path) -> Iterator[Live]:
    """Run it until the block ends; the database is empty after it."""
    # Keys are stored under it, and one is issued here for the processes over there.
    secret = {"SECRET_KEY": settings.SECRET_KEY}
    shop = Workshop(environment={**services.environment(), **secret}, tmp=tmp)
    broker(shop).flushdb()
    Tenant.objects.create(slug="acme", name="Acme")
    try:
        url = start(shop)
        keys = [_issue(scopes) for scopes in (["*:read", "*:write"], scopes_for_ci())]
        yield Live(url, shop, *keys)
    finally:
        shop.end()
        empty(services)


def start(shop: Workshop) -> str:
    """Start the site, a worker and a coordinator; answers the site's address once it is up."""
    port = free_port()
    place = ("--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "4")
    shop.start("-m", "gunicorn", "evalsite.wsgi:application", *place)
    shop.worker()
    shop.coordinator()
    until(lambda: answers(f"http://127.0.0.1:{port}/healthz"), what="the site")
    return f"http://127.0.0.1:{port}"


def scopes_for_ci() -> list[str]:
    """Answer the scopes that docs/ci/README.md says a job's key needs."""
    (line,) = re.findall(r"^\| secret `EVALSITE_API_KEY` .*$", PAGE.read_text(), re.MULTILINE)
    return re.findall(r"`([a-z]+:[a-z]+)`", line)


def _issue(scopes: list[str]) -> str:
    with tenant(acme().pk):
        issued = issue_key(name="tests", role="engineer", scopes=scopes)
    return issued.token.get_secret_value()


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def answers(url: str) -> bool:
    """Say whether an address answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def empty(services: Services) -> None:
    """Empty the database of what was committed, past all triggers."""
    connections["default"].close()
    with services.superuser() as superuser:
        found = superuser.execute(
            "SELECT string_agg(oid::regclass::text, ', ') FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace AND relname NOT IN"
            " ('django_migrations', 'django_content_type', 'auth_permission')"
        )
        (tables,) = found.fetchone() or ()
        superuser.execute(f"TRUNCATE {tables} CASCADE")
