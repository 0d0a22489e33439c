"""System checks: the wall is proven before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from evalsite.tenants.catalogue import RULES
from evalsite.tenants.models import TenantModel
from evalsite.tenants.wall import SameTenant, TenantWall


@register(Tags.models)
def check_models(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:
    """Each tenant model declares the wall, and a composite key for each tenant relation."""
    return [
        message
        for model in apps.get_models()
        if issubclass(model, TenantModel)
        for message in _model_faults(model)
    ]


def _model_faults(model: type[TenantModel]) -> Iterator[CheckMessage]:
    constraints = model._meta.constraints
    if not any(isinstance(constraint, TenantWall) for constraint in constraints):
        yield Error(
            "has no TenantWall",
            obj=model,
            id="evalsite.E003",
            hint="inherit TenantModel.Meta and repeat its constraints",
        )
    composite = {name for c in constraints if isinstance(c, SameTenant) for name in c.fields}
    for field in model._meta.local_fields:
        target = field.related_model
        if not (isinstance(target, type) and issubclass(target, TenantModel)):
            continue
        if field.name not in composite or getattr(field, "db_constraint", False):
            yield Error(
                f"relation {field.name} may cross tenants",
                obj=model,
                id="evalsite.E004",
                hint="db_constraint=False and SameTenant(field)",
            )
    for relation in model._meta.local_many_to_many:
        through: Any = relation.remote_field.through
        if through._meta.auto_created:
            yield Error(
                f"{relation.name} has a table without a wall",
                obj=model,
                id="evalsite.E007",
                hint="give it an explicit through model",
            )


@register(Tags.database)
def check_catalogue(*, databases: Iterable[str] | None = None, **_: Any) -> list[CheckMessage]:
    """The database's catalogue obeys every rule; a database error is not swallowed."""
    return list(catalogue_faults()) if "default" in (databases or ()) else []


def catalogue_faults() -> Iterator[CheckMessage]:
    """Ask the app role's connection for every breach of a rule."""
    with connections["default"].cursor() as cursor:
        for rule in RULES:
            cursor.execute(rule.query)
            for (offender,) in cursor.fetchall():
                yield Error(f"{offender}: {rule.demand}", hint=rule.hint, id=rule.id)
