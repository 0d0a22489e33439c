"""Ask what must be known before a tenant is: the few functions that may look across tenants.

Each answers a handful of columns by itself, whatever tenant the session works for. So the session
stays as it is: to take back the tenant of the request before, and to bind it anew, would be two
round trips more on each request.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from django.db import connection

Question = Literal[
    "memberships_of", "key_of", "invitation_of", "share_of", "tenants_with_work", "lanes_at_work"
]

_QUESTIONS: Final[dict[Question, str]] = {
    "memberships_of": "SELECT * FROM app.memberships_of(%s)",
    "key_of": "SELECT * FROM app.key_of(%s)",
    "invitation_of": "SELECT * FROM app.invitation_of(%s)",
    "share_of": "SELECT * FROM app.share_of(%s)",
    "tenants_with_work": "SELECT * FROM app.tenants_with_work()",
    "lanes_at_work": "SELECT * FROM app.lanes_at_work(%s)",
}


def ask(question: Question, *given: Any) -> list[tuple[Any, ...]]:
    """Answer the rows of a bootstrap function."""
    session: Any = connection  # of `tenants.backend`
    with session.as_it_stands(), connection.cursor() as cursor:
        cursor.execute(_QUESTIONS[question], given)
        return list(cursor.fetchall())
