"""Take a secret from where no list of processes shows it: a variable, or a line of stdin."""

from __future__ import annotations

import os
import sys
from getpass import getpass

from pydantic import SecretStr

from evalsite.errors import UsageError


class SecretMissing(UsageError):
    """There is no secret where the option says."""

    code = "secret_missing"
    hint = "env:NAME reads a variable, - reads a line of stdin"


def take_secret(source: str) -> SecretStr:
    """Answer the secret that `env:NAME` or `-` leads to; raises SecretMissing."""
    kind, _, name = source.partition(":")
    if kind == "env" and name:
        text = os.environ.get(name, "")
    elif source == "-":
        text = getpass("secret: ") if sys.stdin.isatty() else sys.stdin.readline()
    else:
        raise SecretMissing("the source is neither env:NAME nor -")
    if not text.strip():
        raise SecretMissing(f"{source} is empty")
    return SecretStr(text.strip())
