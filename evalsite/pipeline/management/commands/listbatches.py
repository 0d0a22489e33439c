"""`manage.py listbatches`: the newest batches and how they went."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser

from evalsite.batches.marks import marks_of
from evalsite.batches.queries import recent
from evalsite.figures import level
from evalsite.summaries.models import SliceKind, Summary
from evalsite.tenants.command import TenantCommand, whole_number


class Command(TenantCommand):
    """List the newest batches."""

    help = "List the newest batches and how they went."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("--limit", type=whole_number, default=20, metavar="N")
        parser.add_argument("--json", action="store_true", help="JSON lines on stdout")

    def work(self, **options: Any) -> None:
        """Run the command."""
        batches = list(recent()[: options["limit"]])
        whole = Summary.objects.filter(batch__in=batches, slice_kind=SliceKind.ALL)
        rates = dict(whole.values_list("batch_id", "pass_rate"))
        for batch in batches:
            fields = {
                "id": str(batch.pk),
                "created_at": batch.created_at.isoformat(timespec="seconds"),
                "state": batch.state,
                "paused_code": batch.paused_code,
                "suite": batch.suite.name,
                "run": batch.run.name,
                "n_cases": batch.n_cases,
                "pass_rate": rates.get(batch.pk),
                "marks": [mark.code for mark in marks_of(batch)],
            }
            self.stdout.write(json.dumps(fields) if options["json"] else _line(fields))
        if not batches:
            self.stderr.write("no batch yet: manage.py runbatch --suite S --run R starts one")


def _line(fields: dict[str, Any]) -> str:
    line = (
        f"{fields['id']}  {fields['created_at']}  {fields['state']:<9}  "
        f"{level(fields['pass_rate']):>7}  {fields['n_cases']:>7} cases  "
        f"{fields['suite']} / {fields['run']}  {' '.join(fields['marks'])}"
    )
    return line.rstrip()
