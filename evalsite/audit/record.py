"""Record what was done, in the transaction that does it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from django.utils import timezone

from evalsite.audit.models import Entry
from evalsite.tenants.scope import require


def record(action: str, subject: object, *, actor: object = "", **details: Any) -> Entry:
    """Add an entry for the tenant in scope; raises NoTenant without one.

    `details` must be plain JSON and hold no secret and no case content.
    """
    return Entry.objects.create(
        action=action, subject=str(subject)[:200], actor=str(actor)[:200], details=details
    )


def record_hourly(action: str, subject: object, *, actor: object = "", **details: Any) -> None:
    """Add the entry of what goes wrong again and again, once an hour."""
    hour = timezone.now().strftime("%Y-%m-%d %H")
    entry = Entry(
        id=uuid5(require(), f"{action}:{subject}:{hour}"),
        action=action,
        subject=str(subject)[:200],
        actor=str(actor)[:200],
        details=details,
    )
    Entry.objects.bulk_create([entry], ignore_conflicts=True)


def record_once(action: str, subject: Any, *, by: UUID, **details: Any) -> None:
    """Add the entry of what `by` (a batch) did to a row, unless it is there already.

    Any number of workers may do the same thing at the same time: they name the same entry.
    """
    same = uuid5(by, f"{action}:{subject.pk}")
    entry = Entry(
        id=same, action=action, subject=str(subject)[:200], actor=f"batch {by}", details=details
    )
    Entry.objects.bulk_create([entry], ignore_conflicts=True)
