"""`manage.py exportgate NAME`: a gate as the file that declares it again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from evalsite.audit.record import record
from evalsite.gates.queries import find_gate
from evalsite.gates.write import as_file, as_json, as_yaml
from evalsite.tenants.command import TenantCommand


class Command(TenantCommand):
    """Print a gate."""

    help = "Print a gate as the file that declares it again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("name", help="the gate's name")
        parser.add_argument("--json", action="store_true", help="JSON in place of YAML")

    def work(self, **options: Any) -> None:
        """Run the command."""
        gate = find_gate(options["name"])
        record("gate.exported", gate)
        told = (as_json if options["json"] else as_yaml)(as_file(gate))
        self.stdout.write(told.rstrip())
