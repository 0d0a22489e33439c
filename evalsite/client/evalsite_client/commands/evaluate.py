"""Score a run over a suite."""

from __future__ import annotations

import argparse

from evalsite_client.client import Client
from evalsite_client.commands.say import OK, UNDECIDED, say, tell
from evalsite_client.models import Batch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the arguments."""
    parser.add_argument("--suite", required=True)
    parser.add_argument("--run", required=True, help="name of the run")
    parser.add_argument("--judge", action="append", default=None, metavar="STAGE=JUDGE")
    parser.add_argument("--repetitions", type=int, default=None)
    parser.add_argument(
        "--max-cost", type=float, default=None, metavar="USD", help="pause before it is passed"
    )
    parser.add_argument("--timeout", type=float, default=3600.0, metavar="SECONDS")
    parser.add_argument("--no-wait", action="store_true", help="leave it to the workers")


def run(client: Client, given: argparse.Namespace) -> int:
    """Start a batch and wait for it; prints its id."""
    batch = client.batches.create(
        suite=given.suite,
        run=given.run,
        judges=given.judge,
        repetitions=given.repetitions,
        max_cost_usd=given.max_cost,
    )
    tell(str(batch.id))
    if given.no_wait:
        return OK
    ended = client.batches.wait(batch.id, timeout=given.timeout)
    say(_sentence(client, ended))
    return OK if ended.state == "finished" else UNDECIDED


def _sentence(client: Client, batch: Batch) -> str:
    if batch.state != "finished":
        return f"batch {batch.id} is {batch.state} {batch.paused_reason}".rstrip()
    whole = next((s for s in client.batches.summaries(batch.id) if s.slice_kind == "all"), None)
    if whole is None or whole.pass_rate is None:
        return f"batch {batch.id} is finished; no case has a verdict"
    low, high = whole.pass_low or 0.0, whole.pass_high or 1.0
    return (
        f"batch {batch.id} is finished: {whole.pass_rate:.1%} of {whole.n} passed, "
        f"95 % interval {low:.1%} to {high:.1%}"
    )
