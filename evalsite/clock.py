"""The database's clock: what is due, and when a row was written, must not depend on a host's.

The clocks of hosts differ, and one may be wrong by hours; all of them share one database.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection, models
from django.db.models.functions import Now

if TYPE_CHECKING:
    _Moment = models.DateTimeField[datetime, datetime]
else:
    _Moment = models.DateTimeField


def database_now() -> datetime:
    """Answer the time of this very moment, however long the open transaction has been."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


class CreatedAt(_Moment):
    """When a row was inserted."""

    def __init__(self, *args: Any, **options: Any) -> None:
        stamped: dict[str, Any] = {"db_default": Now(), "editable": False} | options
        super().__init__(*args, **stamped)


class ChangedAt(CreatedAt):
    """When a row was last saved; `QuerySet.update` and SQL must say it themselves."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Stamp the row: an insert answers what it wrote, an update must know it before."""
        if add:
            return Now()
        moment = database_now()
        setattr(model_instance, self.attname, moment)
        return moment
