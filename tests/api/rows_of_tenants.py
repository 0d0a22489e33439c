"""Good requests to what runs the tenant: keys, members, audit, retention, endpoints."""

from __future__ import annotations

from typing import Final

from django.db import connection

from tests.api.rows import Given, Row, sent
from tests.tenant_rows import make_api_key

URL: Final = "https://api.example.org/v1"


def narrow_key() -> Given:
    """A key that any key with the scope may rotate."""
    return {"pk": make_api_key(role="viewer", scopes=["keys:write"])}


def linked_at_once() -> Given:
    """Link audit entries as they are written: a test never commits."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return {}


ROWS: Final[dict[str, Row]] = {
    "post endpoints": Row(body=sent(name="models", base_url=URL), status=201),
    "patch endpoint": Row(body=sent(default_model="judge-1")),
    "delete endpoint": Row(status=204),
    "post prices": Row(body=sent(model="judge-1", usd_in=1, usd_out=2), status=201),
    "patch price": Row(body=sent(usd_in=1.5)),
    "delete price": Row(status=204),
    "post keys": Row(
        body=sent(name="nightly", role="viewer", scopes=["keys:write"], days=30), status=201
    ),
    "delete key": Row(status=204),
    "post key-rotate": Row(given=narrow_key, body=sent(overlap_hours=1), status=201),
    "patch member": Row(body=sent(role="engineer")),
    "delete member": Row(status=204),
    "post invitations": Row(body=sent(email="bo@example.org", role="viewer"), status=201),
    "delete invitation": Row(status=204),
    "patch retention": Row(body=sent(outputs=90)),
    "post holds": Row(body=sent(reason="a claim"), status=201),
    "delete hold": Row(status=204),
    "get audit-export": Row(entries=1),
    "get audit-verify": Row(given=linked_at_once, entries=0),
}
