from __future__ import annotations

from django.contrib.auth.models import User

from evalsite.tenants.enrol import admit
from evalsite.tenants.members import roles_of
from evalsite.tenants.models import Role, Tenant


def test_roles_are_known_before_a_tenant_is_bound(as_acme: Tenant) -> None:
    alice = User.objects.create_user("alice")
    admit(alice, role=Role.CURATOR)
    assert roles_of(alice) == {as_acme.pk: Role.CURATOR}
