"""Tenants, who belongs to them, and the base of everything that a tenant owns."""

from __future__ import annotations

from typing import Any, Literal, TypeVar, overload

from django.conf import settings
from django.db import models
from django.db.models import Func, UUIDField
from uuid_utils.compat import uuid7

from evalsite.clock import CreatedAt
from evalsite.tenants.scope import require
from evalsite.tenants.wall import SameTenant, TenantKey, TenantWall

__all__ = [
    "Membership",
    "SameTenant",
    "Tenant",
    "TenantKey",
    "TenantModel",
    "TenantWall",
    "belongs_to",
    "owned_by_tenant",
]


class Tenant(models.Model):
    """An organisation. The row itself is public to the platform; all it owns is not."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(unique=True, max_length=63, help_text="The name in commands and URLs.")
    name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    trusts_code = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Run the code it evaluates without a sandbox, where SANDBOX_TRUSTED is on.",
    )
    created_at = CreatedAt()

    def __str__(self) -> str:
        return self.name


class TenantOfSession(Func):
    """The session's tenant as a column default: a net for raw SQL, NULL where there is none."""

    template = "NULLIF(current_setting('app.tenant_id', true), '')::uuid"
    arity = 0
    output_field = UUIDField()


def owned_by_tenant(*, db_constraint: bool = True) -> models.ForeignKey[Tenant, Tenant]:
    """The tenant field: set from the scope, never edited.

    Without `db_constraint` a composite key to a parent must vouch for the tenant.
    """
    return models.ForeignKey(
        Tenant,
        on_delete=models.PROTECT,
        default=require,
        db_default=TenantOfSession(),
        db_constraint=db_constraint,
        db_index=False,
        editable=False,
        related_name="+",
    )


class TenantModel(models.Model):
    """The base of every row that a tenant owns.

    A child's Meta inherits this Meta, repeats its constraints, and adds `SameTenant(field)` for
    each `belongs_to(another tenant model)`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = owned_by_tenant()

    class Meta:
        abstract = True
        constraints = [TenantWall(), TenantKey()]


Parent = TypeVar("Parent", bound=TenantModel)


@overload
def belongs_to(
    model: type[Parent] | Literal["self"], *, null: Literal[True], **options: Any
) -> models.ForeignKey[Parent | None, Parent | None]: ...
@overload
def belongs_to(
    model: type[Parent] | Literal["self"], **options: Any
) -> models.ForeignKey[Parent, Parent]: ...
def belongs_to(model: Any, **options: Any) -> models.ForeignKey[Any, Any]:
    """A foreign key to another row of the tenant, without a constraint and an index of its own.

    `SameTenant` on the field is its constraint. `options` are a ForeignKey's; a parent is kept
    (PROTECT) unless they say otherwise.
    """
    given = {"on_delete": models.PROTECT, "related_name": "+", **options}
    return models.ForeignKey(model, db_constraint=False, db_index=False, **given)


class Role(models.TextChoices):
    """What a member may do, each role including the ones before it."""

    VIEWER = "viewer"
    CURATOR = "curator"
    ENGINEER = "engineer"
    ADMIN = "admin"
    OWNER = "owner"


class Membership(TenantModel):
    """A person's role in a tenant."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=10, choices=Role)
    created_at = CreatedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(lookup=("tenant_id", "user_id", "role")),
            TenantKey(),
            models.UniqueConstraint(fields=["tenant", "user"], name="tenants_membership_user"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="tenants_membership_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"
