"""What commands tell people, and what they end with: the codes of evalsite's own commands."""

from __future__ import annotations

import sys
from typing import Final

OK: Final = 0
ERROR: Final = 1
USAGE: Final = 2
UNDECIDED: Final = 4
EMPTY: Final = 5
INTERRUPTED: Final = 130


def say(text: str) -> None:
    """Tell people something; programs read standard output."""
    sys.stderr.write(f"{text}\n")


def tell(text: str) -> None:
    """Tell programs something."""
    sys.stdout.write(f"{text}\n")
