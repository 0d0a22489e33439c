"""A tenant's model money of a calendar month: set aside before a call, settled after it.

The month's row is what all batches and judge trials of the tenant share. As with a batch's own
cap, each change is one UPDATE, and spent + booked never passes the quota.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple, Self

from django.db import connection

from evalsite.tenants.scope import require

MONTH_QUOTA: Final = "month_quota"

_OPEN = """
    SELECT date_trunc('month', now() AT TIME ZONE 'UTC')::date,
        EXISTS (SELECT FROM quotas_quota WHERE month_usd IS NOT NULL)
"""
_BEGIN = """
    INSERT INTO quotas_spending (id, tenant_id, month, spent_usd, booked_usd)
    VALUES (gen_random_uuid(), %(tenant)s, %(month)s, 0, 0)
    ON CONFLICT (tenant_id, month) DO NOTHING
"""
_RESERVE = """
    UPDATE quotas_spending SET booked_usd = booked_usd + %(amount)s
    WHERE month = %(month)s AND spent_usd + booked_usd + %(amount)s
        <= coalesce((SELECT month_usd FROM quotas_quota), 'Infinity')
"""
_SETTLE = """
    INSERT INTO quotas_spending AS s (id, tenant_id, month, spent_usd, booked_usd)
    VALUES (gen_random_uuid(), %(tenant)s, %(month)s, %(spent)s, -%(released)s::numeric)
    ON CONFLICT (tenant_id, month) DO UPDATE
    SET spent_usd = s.spent_usd + excluded.spent_usd,
        booked_usd = s.booked_usd + excluded.booked_usd
"""
_STANDING = """
    SELECT (SELECT month_usd FROM quotas_quota), spent_usd, booked_usd
    FROM quotas_spending WHERE month = %(month)s
"""


class Standing(NamedTuple):
    """How a month stands, in US dollars; no quota is None."""

    quota: Decimal | None
    spent: Decimal
    booked: Decimal


class Month(NamedTuple):
    """The month that a chunk's calls are booked in, from its first call to its last.

    So what is set aside is given back where it was taken. One that began without a quota only
    counts: a quota that is set meanwhile holds from the next chunk on.
    """

    first_day: date
    is_capped: bool

    @classmethod
    def current(cls) -> Self:
        """Answer the month that it is in UTC by the database's clock."""
        with connection.cursor() as cursor:
            cursor.execute(_OPEN)
            month = cls(*cursor.fetchone())
            if month.is_capped:
                cursor.execute(_BEGIN, month._values())
        return month

    def reserve(self, amount: Decimal) -> bool:
        """Set an amount aside where the quota has room for it; answers whether it had."""
        with connection.cursor() as cursor:
            cursor.execute(_RESERVE, self._values(amount=amount))
            return bool(cursor.rowcount == 1)

    def settle(self, *, spent: Decimal, released: Decimal) -> None:
        """Write what calls have come to; nothing where that is nothing."""
        given_back = released if self.is_capped else Decimal(0)
        if spent or given_back:
            with connection.cursor() as cursor:
                cursor.execute(_SETTLE, self._values(spent=spent, released=given_back))

    def standing(self) -> Standing:
        """Answer how it stands."""
        with connection.cursor() as cursor:
            cursor.execute(_STANDING, self._values())
            found = cursor.fetchone()
        return Standing(*(found or (None, Decimal(0), Decimal(0))))

    def in_words(self) -> str:
        """Name it in a reason."""
        return f"the tenant's quota of {self.first_day:%B %Y}"

    def _values(self, **more: Decimal) -> dict[str, Any]:
        return {"tenant": require(), "month": self.first_day, **more}
