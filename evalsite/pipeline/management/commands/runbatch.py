"""`manage.py runbatch`: evaluate a run over a suite, from the command to the summary."""

from __future__ import annotations

import getpass
import json
import signal
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from evalsite.batches.models import Batch, BatchState, Preflight
from evalsite.batches.queries import find_batch
from evalsite.cases.check import check_key
from evalsite.cases.queries import Selection, find_suite
from evalsite.env import load
from evalsite.errors import UsageError
from evalsite.pipeline import account, launch, report, watch
from evalsite.pipeline.crew import crew
from evalsite.pipeline.forecast import forecast, in_words
from evalsite.pipeline.sweep import sweep
from evalsite.summaries.models import SliceKind, Summary
from evalsite.targets.queries import find_run
from evalsite.tenants.command import TenantCommand
from packs.override import with_judges
from packs.registry import PACKS

INCOMPLETE, INTERRUPTED = 4, 130


class PackDiffers(UsageError):
    """The pack named is not the suite's."""

    code = "pack_differs"
    hint = "leave --pack out, or name the suite's own pack"


class ArgumentsMissing(UsageError):
    """A new batch needs a suite and a run."""

    code = "arguments_missing"
    hint = "name --suite and --run, or --resume / --retry-errored with a batch"


class Command(TenantCommand):
    """Evaluate a run over a suite."""

    help = "Evaluate a run over a suite, stage by stage, and print the summary."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("--suite", help="the suite's name")
        parser.add_argument("--run", help="the run's name")
        parser.add_argument("--pack", help="the suite's pack, to be sure of it")
        parser.add_argument(
            "--option", action="append", default=[], metavar="KEY=VALUE",
            help="an option of the pack; the value is JSON, or else text",
        )  # fmt: skip
        parser.add_argument(
            "--judge", action="append", default=[], metavar="STAGE=JUDGE",
            help="another judge for a stage, by name or as a JSON object",
        )  # fmt: skip
        parser.add_argument(
            "--max-cost", type=_usd, metavar="USD", help="pause before model calls cost more"
        )
        parser.add_argument(
            "--no-cache", action="store_true", help="ask models anew what they were asked before"
        )
        parser.add_argument(
            "--no-preflight", action="store_true", help="do not try the judges that ask models"
        )
        choose = parser.add_argument_group("which cases")
        choose.add_argument("--limit", type=_count, metavar="N", help="the first N by key")
        choose.add_argument("--tag", action="append", default=[], help="cases with any of the tags")
        choose.add_argument(
            "--case", action="append", default=[], metavar="KEY", help="these cases"
        )
        choose.add_argument("--sample", type=_count, metavar="N", help="N at random, by --seed")
        choose.add_argument("--seed", type=int, default=0)
        parser.add_argument("--repetitions", type=_count, default=1, metavar="K")
        again = parser.add_mutually_exclusive_group()
        again.add_argument("--resume", metavar="BATCH", help="go on with an unfinished batch")
        again.add_argument("--retry-errored", metavar="BATCH", help="cases without a verdict only")
        parser.add_argument("--detach", action="store_true", help="print the batch's id and leave")
        parser.add_argument("--json", action="store_true", help="JSON lines on stdout")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done")

    def work(self, **options: Any) -> None:
        """Run the command."""
        if options["dry_run"]:
            self._forecast(options)
            return
        if options["detach"]:
            self._say_launched(_launch(options), options)
            return
        with crew() as check:
            batch = _launch(options)
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
        if batch.state == BatchState.PAUSED:
            again = account.resume_command(batch, tenant=options["tenant"])
            self.stderr.write(account.pause_in_words(batch))
            self.stderr.write(f"paused; nothing is lost. Go on with:\n  {again}")
            raise SystemExit(INCOMPLETE)
        if batch.preflight == Preflight.UNTRUSTED:
            self.stderr.write("[judge_untrusted] the figures rest on a judge that was found out")
            raise SystemExit(INCOMPLETE)
        if _is_incomplete(batch):
            self.stderr.write("[too_many_unscored] the batch has too many cases without a verdict")
            raise SystemExit(INCOMPLETE)

    def _forecast(self, options: dict[str, Any]) -> None:
        with transaction.atomic():
            plan = forecast(_launch(options))
            transaction.set_rollback(True)
        self.stdout.write(json.dumps(plan) if options["json"] else in_words(plan))


def _launch(options: dict[str, Any]) -> Batch:
    actor = getpass.getuser()
    if options["resume"]:
        waiting = find_batch(options["resume"])
        return launch.resume(waiting.pk, max_cost_usd=options["max_cost"], actor=actor)
    if options["retry_errored"]:
        over = find_batch(options["retry_errored"])
        return launch.retry_errored(over.pk, max_cost_usd=options["max_cost"], actor=actor)
    if not options["suite"] or not options["run"]:
        raise ArgumentsMissing("a new batch needs --suite and --run")
    suite = find_suite(options["suite"])
    if options["pack"] not in (None, suite.pack):
        raise PackDiffers(f"suite {suite.name!r} is of pack {suite.pack!r}")
    return launch.start(
        suite=suite,
        run=find_run(options["run"]),
        pack=suite.pack,
        options=_pack_options(suite.pack, options),
        selection=Selection(
            tags=tuple(options["tag"]),
            keys=tuple(check_key(key) for key in options["case"]),
            sample=options["sample"],
            seed=options["seed"],
            limit=options["limit"],
        ),
        repetitions=options["repetitions"],
        max_cost_usd=options["max_cost"],
        use_cache=not options["no_cache"],
        try_judges=not options["no_preflight"],
        actor=actor,
    )


def _pack_options(pack: str, options: dict[str, Any]) -> dict[str, Any]:
    given = dict(_option(text) for text in options["option"])
    return with_judges(PACKS.load(pack).value, given, overrides=options["judge"])


def _option(text: str) -> tuple[str, Any]:
    key, sign, value = text.partition("=")
    if not sign:
        raise UsageError(f"--option {text!r} is not KEY=VALUE", code="option_malformed")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        return key, value


@contextmanager
def _deaf() -> Iterator[None]:
    """Hear no Ctrl-C for a moment: a second one must not undo what the first one asked for."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is no whole number from 1 up")
    return int(text)


def _usd(text: str) -> Decimal:
    try:
        amount = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not (amount.is_finite() and amount >= 0):
        raise ArgumentTypeError(f"{text!r} is no amount of US dollars, such as 2.50")
    return amount


def _is_incomplete(batch: Batch) -> bool:
    if batch.state != BatchState.FINISHED:
        return True
    whole = Summary.objects.get(batch=batch, slice_kind=SliceKind.ALL)
    return (whole.unscored + whole.errored) > load().unscored_limit * whole.n
