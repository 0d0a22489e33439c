"""`manage.py comparebatch A B`: is batch B better than batch A, and does it pass the gate?"""

from __future__ import annotations

import getpass
import json
from typing import Any

from django.core.management.base import CommandParser

from evalsite.batches.models import Batch
from evalsite.batches.queries import find_batch
from evalsite.errors import UsageError
from evalsite.gates import demand, in_words
from evalsite.gates.check import require_fit
from evalsite.gates.models import GateCheck, GateOutcome
from evalsite.regressions import report
from evalsite.regressions.choose import Choice, baseline_for
from evalsite.regressions.compare import compare_with
from evalsite.regressions.models import ChosenBy, Comparison
from evalsite.tenants.command import TenantCommand


class Command(TenantCommand):
    """Compare two batches."""

    help = "Compare a batch with a baseline, case by case, and hold it against a gate."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument(
            "batches", nargs="+", metavar="BATCH",
            help="the baseline and the new batch; or the new one alone",
        )  # fmt: skip
        demand.declare(parser)
        parser.add_argument("--json", action="store_true", help="JSON on stdout")

    def work(self, **options: Any) -> None:
        """Run the command."""
        wanted = demand.read(options)
        batch, (baseline, chosen_by) = _sides(options["batches"], options["baseline"])
        if wanted.held:
            require_fit(wanted.held, batch)
        comparison = compare_with(batch, baseline, chosen_by=chosen_by)
        check = demand.answer(wanted, batch, comparison=comparison, actor=getpass.getuser())
        self._say(comparison, check, as_json=options["json"])
        if check is not None and (code := demand.EXIT_CODES[GateOutcome(check.outcome)]):
            raise SystemExit(code)

    def _say(self, comparison: Comparison, check: GateCheck | None, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(in_words.event(comparison, check)))
            return
        colour = self.stdout.isatty()
        self.stdout.write(report.as_text(comparison, colour=colour))
        if check is not None:
            self.stdout.write(in_words.as_text(check, colour=colour))


def _sides(named: list[str], text: str | None) -> tuple[Batch, Choice]:
    if len(named) > 2 or (len(named) == 2 and text):
        raise UsageError("name the baseline and the new batch, or the new one and --baseline")
    batch = find_batch(named[-1])
    if len(named) == 2:
        return batch, (find_batch(named[0]), ChosenBy.NAMED)
    return batch, baseline_for(batch, text or "")
