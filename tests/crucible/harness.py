"""The world with servers of its own, for a process that is no pytest: see `run`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from evalsite import env
from tests.services import running_services

if TYPE_CHECKING:
    from tests.crucible.world import World


@contextmanager
def harness(*, folder: Path, broken: str | None = None) -> Iterator[World]:
    """Run PostgreSQL, Valkey and the world until the block ends; once a process, as Django is."""
    with running_services() as services:
        os.environ.update(services.environment(), DJANGO_SETTINGS_MODULE="evalsite.settings")
        os.chdir(env.ROOT)
        env.load.cache_clear()
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections

        from tests.crucible.world import standing

        call_command("migrate", verbosity=0, stdout=sys.stderr)
        with standing(services, folder=folder, broken=broken) as world:
            try:
                yield world
            finally:
                connections.close_all()
