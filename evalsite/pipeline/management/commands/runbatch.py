"""`manage.py runbatch`: evaluate a run over a suite, from the command to the summary."""

from __future__ import annotations

import getpass
import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from evalsite.batches.models import Batch
from evalsite.pipeline import account, launch, report, run_arguments, watch
from evalsite.pipeline.begin import begin
from evalsite.pipeline.conclude import INTERRUPTED, conclude
from evalsite.pipeline.crew import crew
from evalsite.pipeline.forecast import forecast, in_words
from evalsite.pipeline.sweep import sweep
from evalsite.tenants.command import TenantCommand


class Command(TenantCommand):
    """Evaluate a run over a suite."""

    help = "Evaluate a run over a suite, stage by stage, and print the summary."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        run_arguments.declare(parser)

    def work(self, **options: Any) -> None:
        """Run the command."""
        if options["dry_run"]:
            self._forecast(options)
            return
        if options["detach"]:
            self._say_launched(begin(options), options)
            return
        with crew() as check:
            batch = begin(options)
            self._say_launched(batch, options)
            self._watch(batch, options, check=check)
            sweep()  # the mail that the batch calls for goes out before the crew leaves
            batch.refresh_from_db()
            self._report(batch, options)

    def _watch(self, batch: Batch, options: dict[str, Any], *, check: Callable[[], None]) -> None:
        try:
            with watch.display() as show:
                watch.wait(batch.pk, show=show, check=check)
        except KeyboardInterrupt:
            with _deaf():
                launch.cancel(batch.pk, actor=getpass.getuser())
            again = account.resume_command(batch, tenant=options["tenant"])
            self.stderr.write(f"stopped; nothing is lost. Go on with:\n  {again}")
            raise SystemExit(INTERRUPTED) from None

    def _say_launched(self, batch: Batch, options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps({"event": "launched", "id": str(batch.pk)}))
        elif options["detach"]:
            self.stdout.write(str(batch.pk))
        else:
            self.stderr.write(f"batch {batch.pk}: {batch.n_cases} cases")

    def _report(self, batch: Batch, options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(batch)))
        else:
            self.stdout.write(report.as_text(batch, colour=self.stdout.isatty()))
        ended = conclude(batch, tenant=options["tenant"])
        for line in ended.lines:
            self.stderr.write(line)
        if ended.exit_code:
            raise SystemExit(ended.exit_code)

    def _forecast(self, options: dict[str, Any]) -> None:
        with transaction.atomic():
            plan = forecast(begin(options))
            transaction.set_rollback(True)
        self.stdout.write(json.dumps(plan) if options["json"] else in_words(plan))


@contextmanager
def _deaf() -> Iterator[None]:
    """Hear no Ctrl-C for a moment: a second one must not undo what the first one asked for."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
