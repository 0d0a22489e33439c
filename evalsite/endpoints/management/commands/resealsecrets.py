"""`manage.py resealsecrets`: seal every secret by the newest key, after SECRETS_KEYS grew."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from evalsite.endpoints.configure import reseal
from evalsite.errors import EvalsiteError
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant


class Command(BaseCommand):
    """Seal the secrets of all tenants anew."""

    help = "Seal the secrets of all tenants by the first of SECRETS_KEYS; older keys may go then."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        done = 0
        try:
            for owner in Tenant.objects.order_by("slug"):
                with tenant(owner.pk):
                    done += reseal(actor="resealsecrets")
        except EvalsiteError as error:
            raise CommandError(str(error), returncode=error.exit_code) from error
        self.stderr.write(f"{done} resealed")
