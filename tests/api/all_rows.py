"""Every route's row. A route that changes something and has none fails the isolation matrix."""

from __future__ import annotations

from typing import Final

from tests.api import rows_of_batches, rows_of_cases, rows_of_experiments, rows_of_tenants
from tests.api.routes import Route
from tests.api.rows import Row

ROWS: Final[dict[str, Row]] = {
    **rows_of_cases.ROWS,
    **rows_of_batches.ROWS,
    **rows_of_experiments.ROWS,
    **rows_of_tenants.ROWS,
}


def row_of(route: Route) -> Row:
    """Answer the row of a route; KeyError where a route that changes something has none."""
    return ROWS.get(str(route), Row(entries=0)) if route.is_safe else ROWS[str(route)]
