"""The test stand: servers of its own, a tenant, and workers that end with it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from psycopg import connect
from psycopg.conninfo import make_conninfo

from evalsite import env
from tests.services import Services, running_services

if TYPE_CHECKING:
    from celery import Celery

BARE = "bare"
SLOTS = 2


@contextmanager
def stand() -> Iterator[Services]:
    """Run the servers, make this process and its children use them, and set up Django."""
    with running_services() as services:
        own = {**services.embedded_environment(), "WORKER_SLOTS": str(SLOTS)}
        os.environ.update(own, BENCH_DATABASE=_bare_database(services), PYTHONPATH=str(env.ROOT))
        os.environ.update(
            BENCH_BROKER=services.broker_url, DJANGO_SETTINGS_MODULE="evalsite.settings"
        )
        os.chdir(env.ROOT)
        env.load.cache_clear()
        if env.load().database_url or env.load().broker_url:
            sys.exit("the bench has servers of its own: unset DATABASE_URL and BROKER_URL")
        import django

        django.setup()
        yield services


def found_tenant() -> UUID:
    """Make the tables and the tenant that everything is measured for."""
    from django.core.management import call_command

    from evalsite.tenants.enrol import create_tenant

    call_command("migrate", verbosity=0)
    return create_tenant(slug="bench", name="Bench").pk


@contextmanager
def workers(services: Services) -> Iterator[int]:
    """Run a coordinator, evalsite's worker and one for the bare chord; answers the first's id."""
    from evalsite.celery import app
    from evalsite.embedded.children import Children
    from evalsite.pipeline.crew import coordinator, worker_command
    from tests.bench import bare_chord

    bare = (
        *(sys.executable, "-m", "celery", "--app", "tests.bench.bare_chord", "--quiet", "worker"),
        *("--hostname", f"{BARE}@%h", "--queues", bare_chord.QUEUE, "--loglevel", "WARNING"),
        *("--concurrency", str(SLOTS), "--without-gossip", "--without-mingle"),
    )
    with Children(services.layout) as children, coordinator():
        pid = children.start("worker", worker_command(name="bench"))
        children.start(BARE, bare)
        _until_ready(app)
        _until_ready(bare_chord.app)
        yield pid


def _until_ready(app: Celery) -> None:
    for _ in range(60):
        if app.control.ping(timeout=0.5):
            return
    sys.exit("no worker answers")


def _bare_database(services: Services) -> str:
    """Make a database apart: evalsite's worker refuses one with tables outside the wall."""
    with connect(services.admin, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {BARE}")
    return make_conninfo(services.admin, dbname=BARE)
