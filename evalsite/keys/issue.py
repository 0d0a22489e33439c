"""Issue a key to a program. The key is in the answer, once, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final, NamedTuple

from django.db import transaction
from django.utils import timezone
from pydantic import SecretStr

from evalsite.audit.record import record
from evalsite.errors import UsageError
from evalsite.keys import pepper
from evalsite.keys.models import ApiKey
from evalsite.keys.scopes import check_scopes
from evalsite.keys.token import new_token
from evalsite.tenants.acting import current
from evalsite.tenants.models import Role
from evalsite.tenants.rank import require_not_above

DEFAULT_DAYS: Final = 90
MOST_DAYS: Final = 365


class KeyInvalid(UsageError):
    """A key cannot be as it was asked for."""

    code = "key_invalid"
    hint = f"give a name of 1 to 100 characters, a role of the tenant, and 1 to {MOST_DAYS} days"


class Issued(NamedTuple):
    """A new key: its row, and what the program is given."""

    key: ApiKey
    token: SecretStr


def issue_key(
    *,
    name: str,
    role: Role | str,
    scopes: Iterable[str],
    days: int = DEFAULT_DAYS,
    actor: object = "",
) -> Issued:
    """Issue a key of the tenant in scope; audited.

    `actor` is the person or KeyHolder who issues it; left out, who acts. The key gets no role
    above theirs, and no scope that an issuing key has not.
    Raises KeyInvalid, ScopeUnknown, ScopeTooWide and RoleTooHigh.
    """
    name, wanted = name.strip(), _role(role)
    if not 1 <= len(name) <= 100 or not name.isprintable():
        raise KeyInvalid("a key needs a name")
    if not 1 <= days <= MOST_DAYS:
        raise KeyInvalid(f"a key lives 1 to {MOST_DAYS} days, not {days}")
    require_not_above(wanted, giver=actor)
    allowed = check_scopes(scopes, giver=actor)
    with transaction.atomic():
        issued = make_key(name, role=wanted, scopes=allowed, days=days, actor=actor)
        record("key.issued", issued.key, actor=actor, after=told(issued.key))
    return issued


def make_key(name: str, *, role: Role, scopes: list[str], days: int, actor: object) -> Issued:
    """Make the row of a key whose rights were checked."""
    token, public_id = new_token()
    version = pepper.current_version()
    key = ApiKey.objects.create(
        name=name,
        public_id=public_id,
        digest=pepper.digest(token, version=version),
        pepper_version=version,
        role=role,
        scopes=scopes,
        created_by=(str(actor) or current().name)[:200],
        expires_at=timezone.now() + timedelta(days=days),
    )
    return Issued(key, SecretStr(token))


def told(key: ApiKey) -> dict[str, object]:
    """Answer what the audit trail tells of a key."""
    ends = key.expires_at.isoformat(timespec="seconds")
    return {"role": key.role, "scopes": key.scopes, "expires_at": ends}


def _role(text: str) -> Role:
    if text not in Role.values:
        raise KeyInvalid(f"{text!r:.40} is no role")
    return Role(text)
