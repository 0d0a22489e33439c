"""Members and guests as the tests of people want them."""

from __future__ import annotations

import re
from typing import Any

from django.core import mail
from django.test import Client

from evalsite.people.invite import invite
from evalsite.people.models import Invitation
from evalsite.tenants.enrol import admit
from evalsite.tenants.models import Membership, Role, Tenant
from evalsite.tenants.scope import tenant
from tests.tenant_rows import make_user

GOOD_PASSWORD = "correct horse battery"


def member(role: Role = Role.CURATOR, **person: Any) -> Membership:
    """A person with a role in the tenant in scope."""
    return admit(make_user(**person), role=role)


def signed_in(of: Tenant, role: Role = Role.CURATOR, **person: Any) -> Client:
    """A member's browser."""
    client = Client()
    with tenant(of.pk):
        client.force_login(member(role, **person).user)
    return client


def invited(email: str = "guest@example.org", **wanted: Any) -> tuple[Invitation, str]:
    """An invitation of the tenant in scope, and the token in the mail."""
    made = invite(email=email, **{"role": Role.CURATOR, "actor": "test", **wanted})
    return made, token_in_mail()


def token_in_mail() -> str:
    """The token of the newest invitation that was mailed."""
    found = re.search(r"/invitations/([\w-]+)/", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]
