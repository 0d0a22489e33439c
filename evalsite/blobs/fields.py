"""A JSON field whose long values may stand elsewhere: whoever reads it need not know."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.fields.json import KeyTransform

from evalsite.blobs.shorten import escaped, restore


class LongJSONField(models.JSONField):
    """Reads references as what they stand for. Only the verbs that write in bulk make them."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Read a column; raises BlobMissing and BlobDamaged."""
        read = super().from_db_value(value, expression, connection)
        return read if isinstance(expression, KeyTransform) else self.restored(read)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Write a column."""
        return super().get_db_prep_save(self.escaped(value), connection)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        """Be plain JSON to migrations: it is the same column."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def restored(self, value: Any) -> Any:
        """Answer what a value of the column stands for."""
        return restore([value])[0]

    def escaped(self, value: Any) -> Any:
        """Answer what to write for a value."""
        return escaped(value)
