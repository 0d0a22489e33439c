"""What every test stands on: a real PostgreSQL behind row-level security, and two tenants.

Alice and Bob work at Acme. Carol works at Globex and must see nothing of Acme.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from redis import Redis

from evalsite import env
from evalsite.celery import app
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import nobody, tenant
from evalsite.valkey import client_url
from tests.services import Services, running_services


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    """Run PostgreSQL and the broker for the session; they end with it."""
    with running_services() as started:
        yield started


@pytest.fixture(scope="session")
def django_db_setup(services: Services, django_db_blocker: Any) -> Iterator[None]:
    """Migrate the test database as its owner; tests then connect as the app role."""
    for alias, place in services.databases().items():
        connections[alias].settings_dict.update(place)
    # Signing in is not what these tests are about, and a good hash is slow by design.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    app.conf.update(broker_url=services.broker_url, result_backend=services.broker_url)
    settings.BROKER_URL = settings.VALKEY_URL = services.broker_url
    with django_db_blocker.unblock():
        call_command("migrate", verbosity=0)
        yield
        for connection in connections.all():
            connection.close()


@pytest.fixture
def acme(db: None) -> Tenant:
    """The tenant that the tests work for."""
    return Tenant.objects.create(slug="acme", name="Acme")


@pytest.fixture
def globex(db: None) -> Tenant:
    """The other tenant, who must see nothing of the first."""
    return Tenant.objects.create(slug="globex", name="Globex")


@pytest.fixture
def as_acme(acme: Tenant) -> Iterator[Tenant]:
    """Run the whole test inside Acme's scope."""
    with tenant(acme.pk):
        yield acme


@pytest.fixture(autouse=True)
def _no_scope_left() -> Iterator[None]:
    """Each test begins without a tenant."""
    with nobody():
        yield


@pytest.fixture
def knobs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Set environment variables and read the settings anew; all is as before after the test."""

    def turn(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name.upper(), value)
        env.load.cache_clear()

    yield turn
    monkeypatch.undo()
    env.load.cache_clear()


@pytest.fixture
def valkey(django_db_setup: None) -> Iterator[Redis]:
    """The broker's server, past Celery."""
    with Redis.from_url(client_url(settings.BROKER_URL)) as client:
        yield client


@pytest.fixture
def no_broker(django_db_setup: None, tmp_path: Path) -> Iterator[None]:
    """Let the broker's address lead nowhere for the test."""
    before = app.conf.broker_url
    app.conf.update(broker_url=f"redis+socket://{tmp_path}/nothing.sock")
    yield
    app.conf.update(broker_url=before)


@pytest.fixture
def committed_db(
    services: Services, django_db_setup: None, django_db_blocker: Any
) -> Iterator[None]:
    """A database where commits are real; emptied after the test, past all triggers."""
    with django_db_blocker.unblock():
        yield
        connections["default"].close()
        with services.superuser() as superuser:
            ((tables,),) = superuser.execute(
                "SELECT string_agg(oid::regclass::text, ', ') FROM pg_class WHERE relkind = 'r'"
                " AND relnamespace = 'public'::regnamespace AND relname NOT IN"
                " ('django_migrations', 'django_content_type', 'auth_permission')"
            )
            superuser.execute(f"TRUNCATE {tables} CASCADE")
