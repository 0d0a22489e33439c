"""`manage.py sweep`: one round of what the coordinator does all the time."""

from __future__ import annotations

import json
from typing import Any

from evalsite.alerts.deliver import deliver_due
from evalsite.pipeline.sweep import sweep
from evalsite.tenants.command import TenantCommand


class Command(TenantCommand):
    """Sweep one tenant once."""

    help = "Once: relay the outbox, release dead leases, finish what is complete, send alerts."

    def work(self, **options: Any) -> None:
        """Run the command."""
        self.stdout.write(json.dumps({**sweep(), "delivered": deliver_due()}))
