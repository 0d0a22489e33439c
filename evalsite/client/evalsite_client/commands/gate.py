"""Ask a gate whether a batch is better than its baseline."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from evalsite_client.client import Client
from evalsite_client.commands.say import UNDECIDED, say, tell
from evalsite_client.commands.write_whole import write_whole
from evalsite_client.errors import Problem
from evalsite_client.models import GateCheck

_NO_BASELINE: Final = "baseline_unknown"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the arguments."""
    parser.add_argument("name", help="the gate")
    about = parser.add_mutually_exclusive_group(required=True)
    about.add_argument("--batch", help="id of the batch")
    about.add_argument("--run", help="name of the run, of which the newest batch is meant")
    parser.add_argument("--baseline", default=None, help="as the server chooses it, if left out")
    parser.add_argument("--junit", type=Path, default=None, metavar="FILE")
    parser.add_argument("--summary", type=Path, default=None, metavar="FILE", help="Markdown")


def run(client: Client, given: argparse.Namespace) -> int:
    """Ask, write what is asked for, and end with 0, 3 or 4."""
    gate = client.gates.named(given.name)
    try:
        check = client.gates.check(
            gate.id, batch=given.batch, run=given.run, baseline=given.baseline
        )
    except Problem as problem:
        return _without_baseline(problem, given)
    if given.summary:
        write_whole(given.summary, check.markdown.encode())
    if given.junit:
        write_whole(given.junit, client.gates.junit(check.id))
    tell(check.outcome)
    _explain(gate.name, check)
    return check.exit_code


def _without_baseline(problem: Problem, given: argparse.Namespace) -> int:
    """The first batch has nothing to be compared with: that is undecided, and no error."""
    if problem.code != _NO_BASELINE or given.baseline is not None:
        raise problem
    told = f"gate {given.name}: not checked, {problem.message}"
    if given.summary:
        write_whole(given.summary, f"## ? {told}\n".encode())
    say(told)
    return UNDECIDED


def _explain(name: str, check: GateCheck) -> None:
    say(f"gate {name}: {check.outcome.replace('_', ' ')}")
    for reason in check.reasons:
        say(f"  {reason.outcome}: {reason.rule} {reason.title}: {reason.text}")
