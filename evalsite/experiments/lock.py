"""A declaration that the first result locks: kept by triggers, whoever writes to the tables.

Both are Django constraints, so that makemigrations writes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Model

from evalsite.tenants.wall import SqlConstraint

LOCKED = "the declaration is locked by the first result"

_KEEP = """
CREATE FUNCTION app.keep_declaration() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION '{message}' USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';
END $$;
CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW
    WHEN (OLD.locked_at IS NOT NULL AND (OLD.locked_at IS DISTINCT FROM NEW.locked_at OR {changed}))
    EXECUTE FUNCTION app.keep_declaration()
"""
_LET_GO = """
DROP TRIGGER {name} ON {table};
DROP FUNCTION app.keep_declaration()
"""
_LOCK = """
CREATE FUNCTION app.lock_declaration() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog AS $$
BEGIN
    UPDATE public.experiments_experiment SET locked_at = clock_timestamp()
    WHERE locked_at IS NULL AND id IN (SELECT experiment_id FROM recorded);
    RETURN NULL;
END $$;
CREATE TRIGGER {name} AFTER INSERT ON {table} REFERENCING NEW TABLE AS recorded
    FOR EACH STATEMENT EXECUTE FUNCTION app.lock_declaration()
"""
_UNLOCK = """
DROP TRIGGER {name} ON {table};
DROP FUNCTION app.lock_declaration()
"""


class DeclarationLock(SqlConstraint):
    """Refuses to change the fields of a row once its `locked_at` is set."""

    def __init__(
        self, *, fields: Sequence[str], name: str = "%(app_label)s_%(class)s_lock"
    ) -> None:
        super().__init__(name=name)
        self.fields = tuple(fields)

    def create_sql(
        self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        """Answer the trigger that keeps the declaration."""
        changed = " OR ".join(f"OLD.{f} IS DISTINCT FROM NEW.{f}" for f in self.fields)
        return _KEEP.format(message=LOCKED, changed=changed, **self._names(model))

    def remove_sql(
        self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        """Answer the statements that let it go."""
        return _LET_GO.format(**self._names(model))

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        """Say how a migration writes this constraint."""
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "fields": self.fields}

    def _names(self, model: type[Model] | None) -> dict[str, str]:
        return {"name": self.name, "table": _table(model)}


class LockByResult(SqlConstraint):
    """Sets an experiment's `locked_at` when its first results are added, however they come."""

    def __init__(self, *, name: str = "%(app_label)s_%(class)s_locks") -> None:
        super().__init__(name=name)

    def create_sql(
        self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        """Answer the trigger that locks."""
        return _LOCK.format(name=self.name, table=_table(model))

    def remove_sql(
        self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        """Answer the statements that take it away."""
        return _UNLOCK.format(name=self.name, table=_table(model))


def _table(model: type[Model] | None) -> str:
    if model is None:
        raise TypeError("a constraint needs its model to become SQL")
    return model._meta.db_table
