"""What the pages show in tests: all that `manage.py demo` leaves, a site, and a second tenant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User

from evalsite.tenants.enrol import admit, create_tenant
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.browser.more_rows import fill_up
from tests.client.live import empty, start
from tests.journeys.workshop import Workshop, broker
from tests.services import Services

OWNER = "owner@demo.example"
STRANGER = "mallory"


@dataclass
class World:
    """Where the site is, and the one password of everybody in it."""

    url: str
    shop: Workshop
    tenant_id: UUID
    password: str = field(repr=False)


@contextmanager
def demo_world(services: Services, *, tmp: Path) -> Iterator[World]:
    """Run the site, and the demo in it, until the block ends; the database is empty after it."""
    with _shop(services, tmp=tmp) as shop:
        url = start(shop)
        shop.manage("demo")
        password = (tmp / "data" / "demo_password").read_text().strip()
        _stranger(password)
        demo = Tenant.objects.get(slug="demo").pk
        with tenant(demo):
            fill_up()
        yield World(url, shop, demo, password)


@contextmanager
def empty_world(services: Services, *, tmp: Path, people: dict[str, Role]) -> Iterator[World]:
    """Run the site with a tenant Acme, in which are only people; and with the second tenant."""
    password = "correct horse battery staple"
    with _shop(services, tmp=tmp) as shop:
        acme = create_tenant(slug="acme", name="Acme")
        _stranger(password)
        with tenant(acme.pk):
            for name, role in people.items():
                admit(_person(name, password), role=role)
        yield World(start(shop), shop, acme.pk, password)


@contextmanager
def _shop(services: Services, *, tmp: Path) -> Iterator[Workshop]:
    # A session signed here must be known over there.
    environment = {**services.environment(), "SECRET_KEY": settings.SECRET_KEY}
    shop = Workshop(environment=environment, tmp=tmp)
    broker(shop).flushdb()
    try:
        yield shop
    finally:
        shop.end()
        empty(services)


def _stranger(password: str) -> None:
    """Let somebody into a tenant of their own."""
    with tenant(create_tenant(slug="globex", name="Globex").pk):
        admit(_person(STRANGER, password), role=Role.OWNER)


def _person(name: str, password: str) -> User:
    # The tests' own quick hasher is unknown to the site.
    hasher = PBKDF2PasswordHasher()
    kept = hasher.encode(password, hasher.salt())
    return User.objects.create(username=name, email=f"{name}@example.test", password=kept)
