"""`manage.py migrate`, as the owner role and no other."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate


class Command(migrate.Command):
    """Django's migrate on the `owner` connection, whose policies are unlocked."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Take Django's own arguments with another default database."""
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate; raises CommandError for a connection that would see no rows."""
        if options["database"] != "owner":
            raise CommandError("migrations run as the owner: leave --database out")
        super().handle(*args, **options)
