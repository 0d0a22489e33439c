"""Keys as the tests of keys want them."""

from __future__ import annotations

from typing import Any

from evalsite.keys.issue import Issued, issue_key
from evalsite.tenants.models import Role


def issued(**wanted: Any) -> Issued:
    """A curator's key to read cases, for the tenant in scope."""
    given = {"name": "ci", "role": Role.CURATOR, "scopes": ["cases:read"], "actor": "test"}
    return issue_key(**{**given, **wanted})


def token_of(**wanted: Any) -> str:
    """What a program shows."""
    return issued(**wanted).token.get_secret_value()
