"""The base of every command that works for one tenant."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evalsite.errors import EvalsiteError, UsageError
from evalsite.tenants.enrol import TenantUnknown, find_tenant
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from judges.protocol import VerdictError


class TenantNotNamed(UsageError):
    """There are several tenants, and the command was told none."""

    code = "tenant_not_named"
    hint = "name one with --tenant"


class TenantCommand(BaseCommand):
    """Opens the scope of --tenant, and turns coded errors into an exit code and one line.

    Subclasses write `work` in place of `handle`.
    """

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare --tenant; subclasses call this and add their own."""
        parser.add_argument(
            "--tenant", metavar="SLUG", help="the tenant (default: the only active one)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command in the tenant's scope."""
        try:
            with tenant(_chosen(options["tenant"]).pk):
                self.work(**options)
        except (EvalsiteError, VerdictError) as error:
            raise CommandError(str(error), returncode=getattr(error, "exit_code", 2)) from error

    def work(self, **options: Any) -> None:
        """Do what the command is for; may raise EvalsiteError and VerdictError."""
        raise NotImplementedError


def _chosen(slug: str | None) -> Tenant:
    if slug:
        return find_tenant(slug)
    active = list(Tenant.objects.filter(is_active=True).order_by("slug")[:2])
    if not active:
        raise TenantUnknown("there is no tenant yet")
    if len(active) > 1:
        raise TenantNotNamed("there are several tenants")
    return active[0]
