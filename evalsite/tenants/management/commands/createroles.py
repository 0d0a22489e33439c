"""`manage.py createroles`: what a database administrator does once for a server of your own."""

from __future__ import annotations

from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from evalsite.tenants.roles import LOGIN_ROLES, ensure_database


class Command(BaseCommand):
    """Create the roles and the database on the server of DATABASE_ADMIN_URL."""

    help = (
        "Create the roles and the database with the rights of DATABASE_ADMIN_URL; the passwords "
        "are those in DATABASE_URL, DATABASE_OWNER_URL and DATABASE_MAINT_URL."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        admin_url = settings.ENV.database_admin_url
        if admin_url is None:
            raise CommandError("set DATABASE_ADMIN_URL to a role that may create roles")
        databases = settings.DATABASES
        passwords = {
            role: databases[alias]["PASSWORD"]
            for role, alias in zip(LOGIN_ROLES, ("owner", "default", "maint"), strict=True)
        }
        with psycopg.connect(admin_url.get_secret_value(), autocommit=True) as admin:
            ensure_database(admin, name=databases["default"]["NAME"], passwords=passwords)
        self.stdout.write("roles and database are ready; now run: manage.py migrate")
