"""Check the wall between tenants at the start of a process, as soon as the database answers."""

from __future__ import annotations

from django.core.checks import CheckMessage, Tags, run_checks

from evalsite.pipeline.patience import patiently


def check_wall(*, seconds: float) -> list[CheckMessage]:
    """Answer what is wrong with the wall; waits so long for a database that is away.

    Raises django.db.OperationalError where it is away still.
    """
    return patiently(
        lambda: run_checks(tags=[Tags.models, Tags.database], databases=["default"]),
        seconds=seconds,
    )
