"""Good requests to what runs the tenant: keys, members, audit, retention, endpoints."""

from __future__ import annotations

from typing import Final

from tests.api.rows import Row

ROWS: Final[dict[str, Row]] = {}
