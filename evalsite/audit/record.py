"""Record what was done, in the transaction that does it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

import structlog
from django.db.models import Model
from django.utils import timezone

from evalsite.audit.changes import bounded, mask
from evalsite.audit.models import Entry
from evalsite.tenants.acting import Actor, ActorKind, current
from evalsite.tenants.scope import require


def record(
    action: str,
    subject: object,
    *,
    actor: object = "",
    before: Any = None,
    after: Any = None,
    **details: Any,
) -> Entry:
    """Add an entry for the tenant in scope; raises NoTenant without one.

    `subject` is a row, or what it is called. An empty `actor` is who acts (`tenants.acting`).
    `before` and `after` are the sides of what was changed: `audit.changes.change` gives both.
    All three must be plain JSON without case content; values with a secret's name are hidden.
    """
    entry = _entry(action, subject, actor=actor, details=details)
    entry.before, entry.after = bounded(mask(before)), bounded(mask(after))
    entry.save(force_insert=True)
    return entry


def record_hourly(action: str, subject: object, *, actor: object = "", **details: Any) -> None:
    """Add the entry of what goes wrong again and again, once an hour."""
    hour = timezone.now().strftime("%Y-%m-%d %H")
    entry = _entry(action, subject, actor=actor, details=details)
    entry.id = uuid5(require(), f"{action}:{subject}:{hour}")
    Entry.objects.bulk_create([entry], ignore_conflicts=True)


def record_once(action: str, subject: Any, *, by: UUID, **details: Any) -> None:
    """Add the entry of what `by` (a batch) did to a row, unless it is there already.

    Any number of workers may do the same thing at the same time: they name the same entry.
    """
    entry = _entry(action, subject, actor=f"batch {by}", details=details)
    entry.id = uuid5(by, f"{action}:{subject.pk}")
    Entry.objects.bulk_create([entry], ignore_conflicts=True)


def _entry(action: str, subject: object, *, actor: object, details: dict[str, Any]) -> Entry:
    who = _actor(actor)
    return Entry(
        actor_kind=who.kind.value,
        actor=who.name[:200],
        role=str(who.role),
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64],
        action=action,
        subject=str(subject)[:200],
        subject_id=_id_of(subject)[:64],
        details=bounded(mask(details)),
    )


def _actor(told: object) -> Actor:
    """Answer who acts; another name than that of who was signed in is a part of the system."""
    now, name = current(), str(told)
    return now if name in ("", now.name) else Actor(kind=ActorKind.SYSTEM, name=name)


def _id_of(subject: object) -> str:
    if isinstance(subject, Model):
        return str(subject.pk)
    return str(subject) if isinstance(subject, UUID) else ""
