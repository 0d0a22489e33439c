"""`manage.py setgate FILE`: declare a gate, or change it."""

from __future__ import annotations

import getpass
import sys
from difflib import unified_diff
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from evalsite.gates.declare import declare, placed
from evalsite.gates.models import Gate
from evalsite.gates.read import MOST_BYTES, GateFile, parse_gate, read_gate
from evalsite.gates.write import as_file, as_yaml
from evalsite.tenants.command import TenantCommand


class Command(TenantCommand):
    """Declare a gate from its file."""

    help = "Declare a gate from a YAML or JSON file, and say what changes."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("file", metavar="FILE", help="YAML or JSON; - is YAML from stdin")
        parser.add_argument("--check", action="store_true", help="say what would change, and stop")

    def work(self, **options: Any) -> None:
        """Run the command."""
        wanted = _read(options["file"])
        placed(wanted)
        stored = Gate.objects.filter(name=wanted.name).first()
        before = as_yaml(as_file(stored)) if stored else ""
        lines = unified_diff(
            before.splitlines(), as_yaml(wanted).splitlines(), "stored", "wanted", lineterm=""
        )
        diff = "\n".join(lines)
        if diff:
            self.stdout.write(diff)
        if options["check"]:
            told = "would be changed" if stored else "would be declared"
            self.stderr.write(f"gate {wanted.name} {told if diff else 'is as wanted'}")
            return
        gate = declare(wanted, actor=getpass.getuser())
        told = "is declared" if diff else "is as wanted"
        self.stderr.write(f"gate {gate.name} {told}: version {gate.version}")


def _read(name: str) -> GateFile:
    if name == "-":
        return parse_gate(sys.stdin.buffer.read(MOST_BYTES + 1), name="stdin")
    return read_gate(Path(name))
