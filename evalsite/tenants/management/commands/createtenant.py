"""`manage.py createtenant SLUG`: found a tenant, and let its owner in."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evalsite.errors import EvalsiteError
from evalsite.tenants import enrol
from evalsite.tenants.acting import acting, system
from evalsite.tenants.models import Role


class Command(BaseCommand):
    """Found a tenant."""

    help = (
        "Found a tenant. With --owner, also let a person in as its owner; a new person's password "
        "is read from the environment variable EVALSITE_OWNER_PASSWORD."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("slug", help="short name, used in commands")
        parser.add_argument("--name", help="display name (default: the slug)")
        parser.add_argument("--owner", metavar="EMAIL", help="let this person in as owner")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        with acting(system("createtenant")):
            self._found(options)

    def _found(self, options: dict[str, Any]) -> None:
        try:
            tenant = enrol.create_tenant(
                slug=options["slug"], name=options["name"] or options["slug"]
            )
            if options["owner"]:
                owner = enrol.admit_by_name(
                    tenant.slug,
                    username=options["owner"],
                    password=os.environ.get("EVALSITE_OWNER_PASSWORD"),
                    role=Role.OWNER,
                ).user
                if not owner.has_usable_password():
                    self.stderr.write(
                        f"{owner} has no password: manage.py changepassword {owner} sets one"
                    )
        except EvalsiteError as error:
            raise CommandError(str(error), returncode=error.exit_code) from error
        self.stdout.write(str(tenant.pk))
