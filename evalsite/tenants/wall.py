"""The wall between tenants as Django constraints, so that makemigrations writes it.

`TenantWall` turns on row-level security for a table: it is forced, a RESTRICTIVE guard admits the
app role to the rows of the tenant in scope only, and raises when there is none. `SameTenant` makes
a foreign key composite, because foreign keys ignore row-level security.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import BaseConstraint, Model
from django.db.models.constraints import UniqueConstraint

from evalsite.tenants.roles import APP, LOOKUP, MAINT, OWNER

T = TypeVar("T")

GUARD = "tenant_id = (SELECT app.tenant_id())"
UNLOCK = "(SELECT current_setting('app.unlock', true)) = 'migrate'"
ALL_RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")

_WALL = f"""
ALTER TABLE %(table)s ENABLE ROW LEVEL SECURITY;
ALTER TABLE %(table)s FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_guard ON %(table)s AS RESTRICTIVE FOR ALL TO {APP}
    USING ({GUARD}) WITH CHECK ({GUARD});
CREATE POLICY app_base ON %(table)s FOR ALL TO {APP} USING (true) WITH CHECK (true);
CREATE POLICY maint ON %(table)s FOR ALL TO {MAINT} USING (true) WITH CHECK (true);
CREATE POLICY owner_unlock ON %(table)s FOR ALL TO {OWNER} USING ({UNLOCK}) WITH CHECK ({UNLOCK});
GRANT %(rights)s ON %(table)s TO {APP};
GRANT SELECT, DELETE ON %(table)s TO {MAINT}%(lookup)s
"""
_LOOKUP = f""";
CREATE POLICY lookup ON %(table)s FOR SELECT TO {LOOKUP} USING (true);
GRANT SELECT (%(columns)s) ON %(table)s TO {LOOKUP}
"""
_BREACH = f"""
REVOKE ALL ON %(table)s FROM {APP}, {MAINT}, {LOOKUP};
DROP POLICY IF EXISTS lookup ON %(table)s;
DROP POLICY owner_unlock ON %(table)s;
DROP POLICY maint ON %(table)s;
DROP POLICY app_base ON %(table)s;
DROP POLICY tenant_guard ON %(table)s;
ALTER TABLE %(table)s NO FORCE ROW LEVEL SECURITY;
ALTER TABLE %(table)s DISABLE ROW LEVEL SECURITY
"""
_SAME_TENANT = (
    "ALTER TABLE %(table)s ADD CONSTRAINT %(name)s FOREIGN KEY (tenant_id, %(columns)s) "
    "REFERENCES %(parent)s (tenant_id, %(keys)s) DEFERRABLE INITIALLY DEFERRED"
)
_DROP = "ALTER TABLE %(table)s DROP CONSTRAINT %(name)s"


class SqlConstraint(BaseConstraint):
    """A constraint that is only SQL: the database enforces it, validation leaves it alone."""

    def constraint_sql(
        self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        """Answer nothing for CREATE TABLE itself: the SQL runs after the table exists."""
        _require(schema_editor).deferred_sql.append(self.create_sql(model, schema_editor))
        return ""

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Leave it to the database."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self.deconstruct() == other.deconstruct()

    def __hash__(self) -> int:
        return hash((type(self), self.name))


class TenantWall(SqlConstraint):
    """Row-level security, its policies and the table's grants.

    `rights` are the app role's: an entry such as "UPDATE (state)" is a column right.
    `lookup` names the columns that bootstrap functions may read across tenants.
    """

    def __init__(
        self,
        *,
        rights: Sequence[str] = ALL_RIGHTS,
        lookup: Sequence[str] = (),
        name: str = "%(app_label)s_%(class)s_wall",
    ) -> None:
        super().__init__(name=name)
        self.rights = tuple(rights)
        self.lookup = tuple(lookup)

    def create_sql(
        self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        """Answer the statements that put the wall up."""
        template = _WALL % {
            "table": "%(table)s",
            "rights": ", ".join(self.rights),
            "lookup": _LOOKUP % {"table": "%(table)s", "columns": ", ".join(self.lookup)}
            if self.lookup
            else "",
        }
        return _statement(template, model=model, editor=schema_editor)

    def remove_sql(
        self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        """Answer the statements that take the wall down."""
        return _statement(_BREACH, model=model, editor=schema_editor)

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        """Say how a migration writes this constraint."""
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "rights": self.rights, "lookup": self.lookup}


class SameTenant(SqlConstraint):
    """A composite foreign key (tenant_id, x_id) -> (tenant_id, id) for the field named.

    `shared` are relations that the row and the parent both have and must agree in: the key vouches
    for them too, and costs one check for all. The parent needs a unique key of the same columns.
    """

    def __init__(self, field: str, *, shared: Sequence[str] = (), name: str = "") -> None:
        super().__init__(name=name or f"%(app_label)s_%(class)s_same_tenant_{field}")
        self.field = field
        self.shared = tuple(shared)

    @property
    def fields(self) -> tuple[str, ...]:
        """The relations that it keeps within the tenant."""
        return (*self.shared, self.field)

    def create_sql(
        self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        """Answer the statement that adds the foreign key."""
        own: Any = _require(model)._meta
        quote = _require(schema_editor).quote_name
        parent = own.get_field(self.field).related_model
        shared = [quote(parent._meta.get_field(name).column) for name in self.shared]
        columns = [quote(own.get_field(name).column) for name in self.fields]
        return _statement(
            _SAME_TENANT,
            model=model,
            editor=schema_editor,
            name=quote(self.name),
            columns=", ".join(columns),
            parent=quote(parent._meta.db_table),
            keys=", ".join([*shared, "id"]),
        )

    def remove_sql(
        self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        """Answer the statement that drops the foreign key."""
        quote = _require(schema_editor).quote_name
        return _statement(_DROP, model=model, editor=schema_editor, name=quote(self.name))

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        """Say how a migration writes this constraint."""
        path, args, kwargs = super().deconstruct()
        shared = {"shared": self.shared} if self.shared else {}
        return path, (*args, self.field), {**kwargs, **shared}


class TenantKey(UniqueConstraint):
    """The unique (tenant, id) that composite foreign keys point at."""

    def __init__(
        self,
        *,
        fields: Sequence[str] = ("tenant", "id"),
        name: str = "%(app_label)s_%(class)s_tenant_key",
    ) -> None:
        super().__init__(fields=fields, name=name)


def _require(value: T | None) -> T:
    if value is None:
        raise TypeError("a constraint needs its model and schema editor to become SQL")
    return value


def _statement(
    template: str,
    *,
    model: type[Model] | None,
    editor: BaseDatabaseSchemaEditor | None,
    **parts: str,
) -> str:
    quote = _require(editor).quote_name
    return template % {"table": quote(_require(model)._meta.db_table), **parts}
