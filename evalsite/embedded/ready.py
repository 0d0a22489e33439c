"""Have everything ready that a command stands on: servers, roles, database, tables."""

from __future__ import annotations

import hashlib
from pathlib import Path

from evalsite import env
from evalsite.embedded import broker, postgres
from evalsite.embedded.layout import Layout
from evalsite.embedded.supervisor import ensure_started


def make_ready() -> None:
    """Start what is embedded and does not run, and migrate if the tables are not up to date.

    Takes milliseconds when all is well. Raises what `supervisor.ensure_started` raises.
    """
    settings = env.load()
    layout = Layout(settings.evalsite_data_dir)
    if settings.database_url is None:
        ensure_started(layout, database=settings.database_name, names=[postgres.NAME])
        _migrate(layout, database=settings.database_name)
    if settings.broker_url is None:
        ensure_started(layout, names=[broker.NAME])


def _migrate(layout: Layout, *, database: str) -> None:
    stamp = layout.run / f"migrated-{database}"
    newest = _fingerprint()
    if stamp.exists() and stamp.read_text() == newest:
        return
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    stamp.write_text(newest)


def _fingerprint() -> str:
    """Name the set of migrations that this checkout has."""
    package = Path(__file__).parent.parent
    names = sorted(str(path.relative_to(package)) for path in package.glob("*/migrations/0*.py"))
    return hashlib.sha256("\n".join(names).encode()).hexdigest()
