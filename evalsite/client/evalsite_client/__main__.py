"""`python -m evalsite_client`: record outputs, evaluate them, ask a gate, tell the pull request.

People read standard error, programs standard output and the exit code: 0 done or passed, 1 an
error, 2 wrong usage, 3 the gate failed, 4 undecided or not finished, 5 nothing was recorded.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from evalsite_client.client import Client
from evalsite_client.commands import comment, evaluate, gate, record
from evalsite_client.commands.say import ERROR, INTERRUPTED, UNDECIDED, USAGE, say
from evalsite_client.errors import (
    ClientError,
    KeyMissing,
    NameUnknown,
    Problem,
    UrlMissing,
    WaitedTooLong,
)

_Do = Callable[[Client, argparse.Namespace], int]
_COMMANDS: dict[str, _Do] = {"record": record.run, "evaluate": evaluate.run, "gate": gate.run}
_MODULES = {"record": record, "evaluate": evaluate, "gate": gate, "comment": comment}


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say, and answer the exit code."""
    given = _parser().parse_args(arguments)
    try:
        if given.command == "comment":
            return comment.run(given)
        with Client(given.url) as client:
            return _COMMANDS[given.command](client, given)
    except ClientError as error:
        say(f"Error: {error}")
        return _exit_code(error)
    except KeyboardInterrupt:
        return INTERRUPTED


def run() -> None:
    """Be the command `evalsite`."""
    sys.exit(main())


def _exit_code(error: ClientError) -> int:
    if isinstance(error, WaitedTooLong):
        return UNDECIDED
    unknown = isinstance(error, Problem) and error.code.endswith("_unknown")
    wrong = isinstance(error, NameUnknown | KeyMissing | UrlMissing) or unknown
    return USAGE if wrong else ERROR


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m evalsite_client",
        description="The API key is read from EVALSITE_API_KEY, the address from EVALSITE_URL.",
    )
    parser.add_argument("--url", default="", help="the server's address")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, module in _MODULES.items():
        told = (module.__doc__ or "").splitlines()[0]
        module.add_arguments(commands.add_parser(name, help=told, description=told))
    return parser


if __name__ == "__main__":
    run()
