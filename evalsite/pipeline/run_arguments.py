"""The arguments of `manage.py runbatch`, in groups as `--help` shows them."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from decimal import Decimal, InvalidOperation
from typing import Final

from evalsite.batches.models import Priority
from evalsite.tenants.command import whole_number

# What the column of a scorecard's repetition holds.
MOST_REPETITIONS: Final = 2**15 - 1


def declare(parser: ArgumentParser) -> None:
    """Declare them all, but --tenant, which every command has."""
    _declare_what(parser)
    declare_judging(parser)
    _declare_asking(parser)
    declare_cases(parser)
    _declare_experiment(parser)
    _declare_again(parser)
    _declare_how(parser)


def _declare_what(parser: ArgumentParser) -> None:
    parser.add_argument("--suite", help="the suite's name")
    parser.add_argument("--run", help="the run's name")
    parser.add_argument("--pack", help="the suite's pack, to be sure of it")


def declare_judging(parser: ArgumentParser) -> None:
    """Declare how is judged: options, judges, money."""
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


def _declare_asking(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--no-cache", action="store_true", help="ask models anew what they were asked before"
    )
    parser.add_argument(
        "--no-preflight", action="store_true", help="do not try the judges that ask models"
    )


def declare_cases(parser: ArgumentParser) -> None:
    """Declare which cases, and how often each."""
    choose = parser.add_argument_group("which cases")
    choose.add_argument("--limit", type=whole_number, metavar="N", help="the first N by key")
    choose.add_argument("--tag", action="append", default=[], help="cases with any of the tags")
    choose.add_argument("--case", action="append", default=[], metavar="KEY", help="these cases")
    choose.add_argument("--sample", type=whole_number, metavar="N", help="N at random, by --seed")
    choose.add_argument("--seed", type=int, default=0)
    parser.add_argument("--repetitions", type=_repetitions, default=1, metavar="K")


def _declare_experiment(parser: ArgumentParser) -> None:
    study = parser.add_argument_group("which experiment it writes to")
    study.add_argument("--experiment", metavar="E", help="record the results in it")
    study.add_argument("--group", choices=("baseline", "variant"), help="on which side")
    study.add_argument(
        "--client-version", metavar="V", help="of the system (default: the run's own)"
    )


def _declare_again(parser: ArgumentParser) -> None:
    again = parser.add_mutually_exclusive_group()
    again.add_argument("--resume", metavar="BATCH", help="go on with an unfinished batch")
    again.add_argument("--retry-errored", metavar="BATCH", help="cases without a verdict only")


def _declare_how(parser: ArgumentParser) -> None:
    when = parser.add_mutually_exclusive_group()
    for priority, text in ((Priority.INTERACTIVE, "before bulk"), (Priority.BULK, "in its turn")):
        when.add_argument(
            f"--{priority}", action="store_const", dest="priority", const=priority.value,
            default="", help=f"score it {text} (default: by its size)",
        )  # fmt: skip
    parser.add_argument("--detach", action="store_true", help="print the batch's id and leave")
    parser.add_argument("--json", action="store_true", help="JSON lines on stdout")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done")


def _repetitions(text: str) -> int:
    if (repetitions := whole_number(text)) > MOST_REPETITIONS:
        raise ArgumentTypeError(f"more than {MOST_REPETITIONS:,} repetitions")
    return repetitions


def _usd(text: str) -> Decimal:
    try:
        amount = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not (amount.is_finite() and amount >= 0):
        raise ArgumentTypeError(f"{text!r} is no amount of US dollars, such as 2.50")
    return amount
