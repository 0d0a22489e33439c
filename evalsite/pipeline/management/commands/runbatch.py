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
from evalsite.gates import demand, in_words
from evalsite.gates.demand import Demand
from evalsite.pipeline import account, bring, hold, launch, report, run_arguments, watch
from evalsite.pipeline.begin import begin
from evalsite.pipeline.conclude import INTERRUPTED, conclude
from evalsite.pipeline.forecast import forecast
from evalsite.pipeline.forecast import in_words as told
from evalsite.pipeline.hold import Answer
from evalsite.regressions.models import Comparison
from evalsite.regressions.report import as_text
from evalsite.tenants.command import TenantCommand


class Command(TenantCommand):
    """Evaluate a run over a suite."""

    help = "Evaluate a run over a suite, stage by stage, and print the summary."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        run_arguments.declare(parser)
        demand.declare(parser)

    def work(self, **options: Any) -> None:
        """Run the command."""
        wanted = hold.read(options)
        if options["dry_run"]:
            self._forecast(options, wanted)
            return
        if options["detach"]:
            self._say_launched(begin(options), options)
            return
        with bring.hands(options) as hands:
            batch, choice = hands.begin(lambda: hold.begin_against(options, wanted))
            self._say_launched(batch, options)
            self._watch(batch, options, check=hands.check)
            hands.finish()
            batch.refresh_from_db()
            answer = hold.hold(batch, wanted, choice=choice) if wanted or choice else None
            self._report(batch, options, answer=answer)

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

    def _report(
        self, batch: Batch, options: dict[str, Any], *, answer: Answer | None = None
    ) -> None:
        report.say(batch, as_json=options["json"], out=self.stdout)
        if answer is not None and answer.comparison is not None:
            self._say_compared(answer.comparison, answer, as_json=options["json"])
        ended = conclude(batch, tenant=options["tenant"], answer=answer)
        for line in ended.lines:
            self.stderr.write(line)
        if ended.exit_code:
            raise SystemExit(ended.exit_code)

    def _say_compared(self, comparison: Comparison, answer: Answer, *, as_json: bool) -> None:
        """Say what the report of the batch has not said: another baseline, and the gate."""
        if as_json:
            self.stdout.write(json.dumps(in_words.event(comparison, answer.check)))
            return
        colour = self.stdout.isatty()
        if not comparison.is_own:
            self.stdout.write(as_text(comparison, colour=colour))
        if answer.check is not None:
            self.stdout.write(in_words.as_text(answer.check, colour=colour))

    def _forecast(self, options: dict[str, Any], wanted: Demand) -> None:
        with transaction.atomic():
            plan = forecast(hold.begin_against(options, wanted)[0])
            transaction.set_rollback(True)
        self.stdout.write(json.dumps(plan) if options["json"] else told(plan))


@contextmanager
def _deaf() -> Iterator[None]:
    """Hear no Ctrl-C for a moment: a second one must not undo what the first one asked for."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
