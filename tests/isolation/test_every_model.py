"""Every tenant model, as the wrong tenant and as nobody."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import (
    DatabaseError,
    IntegrityError,
    ProgrammingError,
    connection,
    models,
    transaction,
)

from evalsite.tenants.models import Tenant, TenantModel
from evalsite.tenants.scope import NoTenant, tenant
from evalsite.tenants.wall import SameTenant, TenantWall
from tests.factories import FACTORIES

MODELS = sorted(
    (model for model in apps.get_models() if issubclass(model, TenantModel)),
    key=lambda model: model._meta.label,
)
RELATIONS = [
    (model, field)
    for model in MODELS
    for constraint in model._meta.constraints
    if isinstance(constraint, SameTenant)
    for field in constraint.fields
]
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)


def rights_of(model: type[models.Model]) -> tuple[str, ...]:
    return next(c.rights for c in model._meta.constraints if isinstance(c, TenantWall))


def row_of(model: type[models.Model], owner: Tenant) -> Any:
    with tenant(owner.pk):
        return FACTORIES[model]()


def refused(sql: str, *params: UUID) -> str:
    """Run a statement that must fail; answers its SQLSTATE."""
    with (
        pytest.raises(DatabaseError) as caught,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql, params)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return str(getattr(caught.value.__cause__, "sqlstate", ""))


def test_every_tenant_model_has_a_factory() -> None:
    assert set(MODELS) == set(FACTORIES)


@every_model
def test_its_owner_sees_the_row(model: type[TenantModel], acme: Tenant) -> None:
    row = row_of(model, acme)
    with tenant(acme.pk):
        assert model._default_manager.filter(pk=row.pk).exists()


@every_model
def test_another_tenant_reads_nothing(
    model: type[TenantModel], acme: Tenant, globex: Tenant
) -> None:
    row = row_of(model, acme)
    with tenant(globex.pk):
        assert not model._default_manager.filter(pk=row.pk).exists()
        assert model._default_manager.count() == 0


@every_model
def test_another_tenant_updates_nothing(
    model: type[TenantModel], acme: Tenant, globex: Tenant
) -> None:
    row = row_of(model, acme)
    column = "until_version" if "UPDATE (until_version)" in rights_of(model) else "id"
    statement = f"UPDATE {model._meta.db_table} SET {column} = {column} WHERE id = %s"
    with tenant(globex.pk):
        if "UPDATE" in rights_of(model) or column != "id":
            with connection.cursor() as cursor:
                cursor.execute(statement, [row.pk])
                assert cursor.rowcount == 0
        else:
            assert refused(statement, row.pk) == "42501"


@every_model
def test_another_tenant_deletes_nothing(
    model: type[TenantModel], acme: Tenant, globex: Tenant
) -> None:
    row = row_of(model, acme)
    statement = f"DELETE FROM {model._meta.db_table} WHERE id = %s"
    with tenant(globex.pk):
        if "DELETE" in rights_of(model):
            with connection.cursor() as cursor:
                cursor.execute(statement, [row.pk])
                assert cursor.rowcount == 0
        else:
            assert refused(statement, row.pk) == "42501"
    with tenant(acme.pk):
        assert model._default_manager.filter(pk=row.pk).exists()


@every_model
def test_a_row_cannot_be_moved_to_another_tenant(
    model: type[TenantModel], acme: Tenant, globex: Tenant
) -> None:
    row = row_of(model, acme)
    with tenant(acme.pk):
        statement = f"UPDATE {model._meta.db_table} SET tenant_id = %s WHERE id = %s"
        assert refused(statement, globex.pk, row.pk) == "42501"


@every_model
def test_a_row_cannot_be_made_for_another_tenant(
    model: type[TenantModel], acme: Tenant, globex: Tenant
) -> None:
    with tenant(acme.pk), pytest.raises(ProgrammingError, match="row-level security"):
        with transaction.atomic():
            FACTORIES[model](tenant_id=globex.pk)


@every_model
def test_without_a_tenant_reading_is_an_error(model: type[TenantModel], acme: Tenant) -> None:
    # PostgreSQL asks for the tenant when the first row is looked at, so there must be one.
    row_of(model, acme)
    assert refused(f"SELECT 1 FROM {model._meta.db_table}") == "P0T01"


@every_model
def test_without_a_tenant_making_is_an_error(model: type[TenantModel], db: None) -> None:
    with pytest.raises(NoTenant):
        model()


@every_model
def test_nobody_may_truncate(model: type[TenantModel], as_acme: Tenant) -> None:
    assert refused(f"TRUNCATE {model._meta.db_table}") == "42501"


@pytest.mark.parametrize(
    ("model", "field"), RELATIONS, ids=[f"{m._meta.label}.{f}" for m, f in RELATIONS]
)
def test_a_relation_cannot_cross_tenants(
    model: type[TenantModel], field: str, acme: Tenant, globex: Tenant
) -> None:
    parent = row_of(model._meta.get_field(field).related_model, acme)  # type: ignore[arg-type]
    with tenant(globex.pk), pytest.raises(IntegrityError, match="same_tenant"):
        with transaction.atomic():
            FACTORIES[model](**{field: parent})
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
