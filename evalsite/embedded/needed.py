"""Whether a command stands on servers; asked before anything that starts them is imported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

# What runs without a database, or sees to the servers itself.
_WITHOUT: Final = frozenset(
    {
        *("check", "collectstatic", "createroles", "diffsettings", "doctor", "help"),
        *("makemigrations", "services"),
    }
)


def needs_servers(arguments: Sequence[str]) -> bool:
    """Answer whether a command line (without the program's name) stands on servers."""
    command = arguments[0] if arguments else "help"
    asks_for_help = {"-h", "--help", "--version"} & set(arguments)
    return not (command in _WITHOUT or command.startswith("-") or asks_for_help)
