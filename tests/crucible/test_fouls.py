"""The referee notes what happens, and each foul is seen in a log that has it, and in no other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from evalsite.batches.lease import claim_chunk, count_down, finish_chunk
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.crucible import referee
from tests.crucible.fouls import Outage, commit, counter, fouls, holder, leader, lease, outbox
from tests.crucible.referee import SWEPT, Entry
from tests.factories import make_chunk
from tests.services import Services

NOW = datetime(2026, 11, 22, tzinfo=UTC)
LEASED = {"id": "c", "step_id": "s", "state": "leased", "attempt": 1, "lease_until": None}


def noted(
    what: str,
    *,
    who: str = "worker-0",
    before: Any = None,
    after: Any = None,
    act: str = "1",
    at: float = 0,
) -> Entry:
    return Entry(NOW + timedelta(seconds=at), who, act, what, before, after)


def chunk(who: str, *, act: str = "1", **changes: Any) -> Entry:
    """A chunk's update; `was_` names what was before."""
    was = {name[4:]: value for name, value in changes.items() if name.startswith("was_")}
    now = {name: value for name, value in changes.items() if not name.startswith("was_")}
    before, after = {**LEASED, **was}, {**LEASED, **now}
    return noted("batches_chunk update", who=who, before=before, after=after, act=act)


CLAIMED = chunk("worker-0", was_state="pending", was_attempt=0)
TAKEN_OVER = chunk("worker-1", attempt=2)


def test_the_holder_may_finish() -> None:
    assert not [*holder([CLAIMED, chunk("worker-0", state="done")])]


def test_the_sweeper_may_release() -> None:
    assert not [*holder([CLAIMED, chunk("coordinator-0", state="pending")])]


def test_who_lost_a_chunk_may_not_finish_it() -> None:
    late = chunk("worker-0", was_attempt=2, attempt=2, state="done")
    (foul,) = holder([CLAIMED, TAKEN_OVER, late])
    assert foul.told == "worker-0 wrote state of chunk c, which worker-1 holds"


@pytest.mark.parametrize(("seconds", "n"), [(2, 0), (3, 0), (602, 1), (-3598, 1)])
def test_a_lease_is_as_long_as_it_says(seconds: float, n: int) -> None:
    until = (NOW + timedelta(seconds=seconds)).isoformat()
    assert len([*lease([chunk("worker-0", attempt=2, lease_until=until)], seconds=2)]) == n


@pytest.mark.parametrize(("begin", "end", "n"), [(-9, -1, 0), (-9, 1, 0), (-3, -1, 1), (1, 9, 1)])
def test_a_lease_reckoned_before_a_freeze_may_be_noted_after_it(
    begin: float, end: float, n: int
) -> None:
    until = (NOW + timedelta(seconds=-8)).isoformat()
    still = Outage(NOW + timedelta(seconds=begin), NOW + timedelta(seconds=end))
    log = [chunk("worker-0", attempt=2, lease_until=until)]
    assert len([*lease(log, seconds=2, stills=[still])]) == n


def step(remaining: int, *, by: int = -1, act: str = "1") -> Entry:
    before, after = {"id": "s", "remaining": remaining - by}, {"id": "s", "remaining": remaining}
    return noted("batches_step update", before=before, after=after, act=act)


def test_a_chunk_is_counted_where_it_ends() -> None:
    assert not [*counter([chunk("worker-0", state="done"), step(3)])]


def test_a_chunk_is_not_counted_elsewhere() -> None:
    assert len([*counter([chunk("worker-0", state="done"), step(3, act="2")])]) == 2


def test_a_chunk_that_is_cut_counts_its_pieces() -> None:
    pieces = [noted("batches_chunk insert", after={**LEASED, "id": f"p{n}"}) for n in range(2)]
    assert not [*counter([*pieces, step(3, by=2)])]
    assert len([*counter([*pieces, step(3, by=1)])]) == 1


def alert(what: str, state: str, *, act: str) -> Entry:
    return noted(f"alerts_alert {what}", after={"id": "a", "state": state}, act=act)


def test_a_mail_goes_after_the_commit() -> None:
    written = alert("insert", "pending", act="1")
    assert not [*commit([written, alert("update", "sending", act="2")])]
    assert len([*commit([written, alert("update", "sending", act="1")])]) == 1


def led(who: str, *, epoch: int) -> Entry:
    return noted(
        "pipeline_leadership update", who=who, before={"epoch": epoch - 1}, after={"epoch": epoch}
    )


@pytest.mark.parametrize(("seconds", "n"), [([0, 1], 0), ([0, 1, 5], 1)])
def test_who_was_succeeded_ends_its_round(seconds: list[float], n: int) -> None:
    sweeps = [noted(SWEPT, who="coordinator-0", at=at) for at in seconds]
    log = [led("coordinator-0", epoch=1), led("coordinator-1", epoch=2), *sweeps]
    assert len([*leader(log)]) == n


def test_two_do_not_sweep_though_neither_took_over() -> None:
    names = ("coordinator-0", "coordinator-1", "coordinator-0", "coordinator-1")
    log = [noted(SWEPT, who=who, at=3 * at) for at, who in enumerate(names)]
    assert len([*leader(log)]) == 1


def test_who_leads_may_sweep() -> None:
    sweeps = [noted(SWEPT, who="coordinator-1", at=at) for at in (0, 5)]
    assert not [*leader([led("coordinator-1", epoch=1), *sweeps])]


@pytest.mark.parametrize(
    ("key", "at", "n"), [("rank:1", 2, 1), ("rank:1", 0.5, 0), ("rank:1", 5, 0), ("finish:1", 2, 0)]
)
def test_nothing_leaves_for_a_broker_that_is_away(key: str, at: float, n: int) -> None:
    row = {"key": key, "created_at": NOW.isoformat()}
    gone = noted("pipeline_outboxmessage delete", before=row, at=at)
    assert len([*outbox([gone], [Outage(NOW, NOW + timedelta(seconds=4))])]) == n


def test_what_was_written_meanwhile_cannot_have_been_sent() -> None:
    row = {"key": "rank:1", "created_at": (NOW + timedelta(seconds=0.1)).isoformat()}
    gone = noted("pipeline_outboxmessage delete", before=row, at=0.2)
    assert len([*outbox([gone], [Outage(NOW, NOW + timedelta(seconds=4))])]) == 1


@pytest.fixture
def watched(committed_db: None, services: Services) -> Iterator[psycopg.Connection]:
    """A superuser of a database with a referee."""
    with referee.refereed(services), services.superuser() as superuser:
        yield superuser


def test_the_referee_notes_what_is_committed(watched: psycopg.Connection) -> None:
    made = Tenant.objects.create(slug="acme", name="Acme")
    with tenant(made.pk):
        waiting = make_chunk()
        referee.clear(watched)
        claim = claim_chunk(waiting.pk, epoch=1, owner="w/b/t", seconds=2, attempts=3)
        assert claim is not None
        finish_chunk(claim, elapsed_ms=None)
        count_down(claim.step_id)
    log = referee.read_log(watched)
    names = [entry.what for entry in log]
    assert names == ["batches_chunk update", "batches_chunk update", "batches_step update"]
    assert {entry.who for entry in log} == {"evalsite"}
    assert log[1].after is not None
    assert log[1].after["state"] == "done"
    # They were two transactions here, which is what is never right.
    assert {foul.invariant for foul in fouls(log, lease_seconds=2)} == {"counter"}
    referee.clear(watched)
    assert referee.read_log(watched) == []
