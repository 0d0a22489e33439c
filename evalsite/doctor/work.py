"""How does each tenant's work stand: does anything stand still, wait too long, or get lost?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from evalsite.doctor.connect import only_reading
from evalsite.doctor.finding import Finding, fail, ok, warn
from evalsite.env import load
from evalsite.pipeline.measure_work import Still, measure_work, standing_still
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant

MOST_TENANTS: Final = 500
_STILL_S: Final = 120
_OVERDUE_S: Final = 60
_NAMED: Final = 5


class _Asked(NamedTuple):
    """What was measured of one tenant: the sum of each metric, and the batches that stand still."""

    slug: str
    figures: dict[str, float]
    still: list[Still]


def work() -> Iterator[Finding]:
    """Ask each active tenant in turn: there is no looking at all of them."""
    with only_reading():
        active = Tenant.objects.filter(is_active=True).order_by("slug")
        asked = [_ask(one) for one in active[:MOST_TENANTS]]
        left_out = active.count() - len(asked)
    found = [finding for one in asked for look in _LOOKS for finding in look(one)]
    yield from found
    if left_out:
        fix = "python manage.py listbatches --tenant T   # for each of the others"
        yield warn("tenants_left_out", f"{left_out} tenants were not looked at", fix=fix)
    if not found:
        yield ok(f"{len(asked)} tenants: nothing stands still, is overdue or was lost today")


def _ask(one: Tenant) -> _Asked:
    figures: dict[str, float] = {}
    with tenant(one.pk):
        for sample in measure_work():
            figures[sample.metric] = figures.get(sample.metric, 0) + sample.value
        return _Asked(one.slug, figures, standing_still(seconds=_STILL_S))


def _still(asked: _Asked) -> Iterator[Finding]:
    for batch_id, lane, seconds in asked.still[:_NAMED]:
        told = f"{asked.slug}: batch {batch_id} stands still in lane {lane} for {seconds:,.0f} s"
        fix = f"see workers, lanes and leader above; manage.py showbatch {batch_id} --tenant"
        stuck = seconds > load().stuck_seconds
        tell: Callable[..., Finding] = fail if stuck else warn
        yield tell("batch_still", told, fix=f"{fix} {asked.slug}")


def _expired(asked: _Asked) -> Iterator[Finding]:
    if n := asked.figures.get("leases_expired"):
        told = f"{asked.slug}: {n:.0f} chunks are held by workers that are gone"
        yield warn("leases_expired", told, fix=_sweep(asked))


def _overdue(asked: _Asked) -> Iterator[Finding]:
    if (seconds := asked.figures["outbox_oldest_seconds"]) > _OVERDUE_S:
        n = asked.figures["outbox_messages"]
        told = f"{asked.slug}: {n:.0f} messages are owed to the broker, one for {seconds:,.0f} s"
        yield fail("outbox_overdue", told, fix=_sweep(asked))


def _late(asked: _Asked) -> Iterator[Finding]:
    if (seconds := asked.figures["schedules_late_seconds"]) > _OVERDUE_S:
        told = f"{asked.slug}: a schedule is {seconds:,.0f} s late"
        yield fail("schedule_late", told, fix=_sweep(asked))


def _lost(asked: _Asked) -> Iterator[Finding]:
    if n := asked.figures["chunks_failed_last_day"]:
        told = f"{asked.slug}: {n:.0f} chunks killed each worker that tried them, since yesterday"
        fix = f"python manage.py runbatch --retry-errored BATCH --tenant {asked.slug}"
        yield warn("chunks_lost", told, fix=f"mend the cases, then {fix}")


def _waits_for_somebody(asked: _Asked) -> Iterator[Finding]:
    if n := asked.figures.get("batches_paused"):
        fix = f"python manage.py listbatches --tenant {asked.slug}   # says why, and what helps"
        yield warn("batches_paused", f"{asked.slug}: {n:.0f} batches are paused", fix=fix)


_LOOKS: Final = (_still, _expired, _overdue, _late, _lost, _waits_for_somebody)


def _sweep(asked: _Asked) -> str:
    return f"start a coordinator, or once: python manage.py sweep --tenant {asked.slug}"
