"""Two people at the same moment: one link lets one in, and one of two owners stays."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from evalsite.audit.models import Entry
from evalsite.errors import EvalsiteError
from evalsite.people.accept import join
from evalsite.people.remove_member import remove_member
from evalsite.tenants.models import Membership, Role, Tenant
from evalsite.tenants.scope import tenant
from tests.people.joined import invited, member
from tests.tenant_rows import make_user

TIMES = 4


@pytest.fixture
def acme(committed_db: None) -> Tenant:
    """A tenant whose rows every connection sees."""
    return Tenant.objects.create(slug="acme", name="Acme")


def at_once(of: Tenant, *verbs: Callable[[], object]) -> list[str]:
    """Do all at the same time, each on a connection of its own; answers what was refused."""
    barrier = Barrier(len(verbs))

    def run(verb: Callable[[], object]) -> str:
        try:
            with tenant(of.pk):
                barrier.wait()
                verb()
        except EvalsiteError as error:
            return error.code
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(len(verbs)) as pool:
        return sorted(pool.map(run, verbs))


def test_a_link_lets_one_person_in(acme: Tenant) -> None:
    with tenant(acme.pk):
        token = invited()[1]
    people = [make_user() for _ in range(TIMES)]
    refused = at_once(acme, *(lambda who=who: join(token, user=who) for who in people))
    assert refused == ["", *["invitation_gone"] * (TIMES - 1)]
    with tenant(acme.pk):
        assert Membership.objects.count() == 1
        assert Entry.objects.filter(action="invitation.accepted").count() == 1


def test_one_of_the_owners_stays(acme: Tenant) -> None:
    with tenant(acme.pk):
        owners = [member(Role.OWNER) for _ in range(TIMES)]
    leave = (lambda one=one: remove_member(one, actor="test") for one in owners)
    assert at_once(acme, *leave) == [*[""] * (TIMES - 1), "last_owner"]
    with tenant(acme.pk):
        assert Membership.objects.get().role == Role.OWNER
