"""The base of every command that works for one tenant."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Any, Final

from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError, CommandParser

from evalsite.errors import EvalsiteError, UsageError
from evalsite.tenants.acting import acting, system
from evalsite.tenants.enrol import TenantUnknown, find_tenant
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from judges.protocol import VerdictError

MOST: Final = 2**31 - 1
_DIGITS: Final = 11


class TenantNotNamed(UsageError):
    """There are several tenants, and the command was told none."""

    code = "tenant_not_named"
    hint = "name one with --tenant"


class TenantCommand(BaseCommand):
    """Opens the scope of --tenant, acts by its own name, and tells coded errors in one line.

    Subclasses write `work` in place of `handle`.
    """

    # The wall's; all others would import every page and the API, which takes half a second.
    requires_system_checks = (Tags.models,)

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare --tenant; subclasses call this and add their own."""
        parser.add_argument(
            "--tenant", metavar="SLUG", help="the tenant (default: the only active one)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command in the tenant's scope."""
        name = type(self).__module__.rpartition(".")[2]
        try:
            with (
                acting(system(name)),
                tenant(_chosen(options["tenant"]).pk),
            ):
                self.work(**options)
        except (EvalsiteError, VerdictError) as error:
            raise CommandError(str(error), returncode=getattr(error, "exit_code", 2)) from error

    def work(self, **options: Any) -> None:
        """Do what the command is for; may raise EvalsiteError and VerdictError."""
        raise NotImplementedError


def whole_number(text: str) -> int:
    """Read an argument that counts something, from 1 to what a database's integer holds."""
    if not text.isdecimal() or not 1 <= int(text[:_DIGITS]) <= MOST:
        raise ArgumentTypeError(f"{text!r:.40} is no whole number from 1 up, to {MOST:,}")
    return int(text)


def _chosen(slug: str | None) -> Tenant:
    if slug:
        return find_tenant(slug)
    active = list(Tenant.objects.filter(is_active=True).order_by("slug")[:2])
    if not active:
        raise TenantUnknown("there is no tenant yet")
    if len(active) > 1:
        raise TenantNotNamed("there are several tenants")
    return active[0]
