"""What the referee's log must never show, whatever became of the batches in the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from tests.crucible.referee import SWEPT, Entry
from tests.crucible.violation import Violation

_OPEN: Final = ("pending", "leased")
# A coordinator that was succeeded may be in the middle of a round.
_LAST_ROUND: Final = timedelta(seconds=2)
# How far the clock's edges of an outage may be off, and how long a lease may differ from its term.
_EDGE: Final = timedelta(seconds=1)
_TERM: Final = timedelta(seconds=2)
_NONE: Final = timedelta()


class Outage(NamedTuple):
    """From when to when something was away, or stood still."""

    begin: datetime
    end: datetime


def fouls(
    log: Sequence[Entry],
    *,
    lease_seconds: float,
    outages: Sequence[Outage] = (),
    stills: Sequence[Outage] = (),
) -> list[Violation]:
    """Judge the log of one seed; moments are by the database's clock, which stands in `stills`."""
    return [
        *holder(log),
        *lease(log, seconds=lease_seconds, stills=stills),
        *counter(log),
        *commit(log),
        *leader(log),
        *outbox(log, outages),
    ]


def holder(log: Iterable[Entry]) -> Iterator[Violation]:
    """Only the worker that claimed a chunk last renews it, hands it back or finishes it."""
    held: dict[str, str] = {}
    for entry, before, after in _updates(log, "batches_chunk"):
        chunk = after["id"]
        if after["attempt"] > before["attempt"]:
            held[chunk] = entry.who
        elif before["state"] == "leased" and _is_worker(entry) and held.get(chunk) != entry.who:
            wrote = ", ".join(name for name in after if after[name] != before.get(name))
            told = f"{entry.who} wrote {wrote} of chunk {chunk}, which {held.get(chunk)} holds"
            yield Violation("holder", told)


def lease(
    log: Iterable[Entry], *, seconds: float, stills: Sequence[Outage] = ()
) -> Iterator[Violation]:
    """A lease ends as many seconds from now as it says, by the database's clock.

    A database may be frozen after it has reckoned the end, and before the log has noted it.
    """
    for entry, before, after in _updates(log, "batches_chunk"):
        until = after["lease_until"]
        if not _is_worker(entry) or until in (None, before["lease_until"]):
            continue
        reckoned = datetime.fromisoformat(until) - timedelta(seconds=seconds)
        stood = [min(one.end, entry.at) - max(one.begin, reckoned) for one in stills]
        off = reckoned - entry.at + sum((max(one, _NONE) for one in stood), _NONE)
        if abs(off) > _TERM:
            yield Violation("lease", f"{entry.who} took a lease that is {off} off")


def counter(log: Iterable[Entry]) -> Iterator[Violation]:
    """Each transaction counts down just the chunks that it ends, and up those that it adds."""
    off: dict[tuple[str, str], int] = defaultdict(int)
    for entry, before, after in _writes(log, "batches_chunk"):
        off[entry.act, after["step_id"]] += _is_open(before) - _is_open(after)
    for entry, before, after in _writes(log, "batches_step"):
        off[entry.act, after["id"]] -= before.get("remaining", 0) - after["remaining"]
    for (_, step), by in off.items():
        if by:
            yield Violation("counter", f"step {step} is off by {by} in one transaction")


def commit(log: Iterable[Entry]) -> Iterator[Violation]:
    """An alert is taken for sending by another transaction than the one that wrote it."""
    written: dict[str, str] = {}
    for entry in log:
        if entry.after is None or not entry.what.startswith("alerts_alert"):
            continue
        alert, state = entry.after["id"], entry.after["state"]
        if entry.what == "alerts_alert insert":
            written[alert] = entry.act
        if state in ("sending", "sent") and written.get(alert) == entry.act:
            yield Violation("commit", f"alert {alert} is {state} before its commit")


def leader(log: Iterable[Entry]) -> Iterator[Violation]:
    """Who was succeeded ends its round, and sweeps no more."""
    leads = ""
    since: dict[str, datetime] = {}
    for entry in log:
        if entry.what.startswith("pipeline_leadership") and _took_over(entry):
            leads, since = entry.who, {}
        elif entry.what == SWEPT:
            # Who led when the log began is who sweeps first.
            leads = leads or entry.who
            if leads == entry.who:
                continue
            first = since.setdefault(entry.who, entry.at)
            if entry.at - first > _LAST_ROUND:
                yield Violation("leader", f"{entry.who} sweeps on though {leads} leads")
                return


def outbox(log: Iterable[Entry], outages: Sequence[Outage]) -> Iterator[Violation]:
    """While the broker takes nothing, nothing leaves the outbox but a finish that was done."""
    for entry in log:
        if entry.what != "pipeline_outboxmessage delete" or entry.before is None:
            continue
        key, made = entry.before["key"], datetime.fromisoformat(entry.before["created_at"])
        # What was written before may have been sent before, and be struck out a little later.
        sent_by = max(made, entry.at - _EDGE)
        is_away = any(out.begin < sent_by and entry.at < out.end for out in outages)
        if is_away and not key.startswith("finish:"):
            yield Violation("outbox", f"{key} left the outbox while the broker was away")


def _updates(
    log: Iterable[Entry], table: str
) -> Iterator[tuple[Entry, dict[str, Any], dict[str, Any]]]:
    for entry in log:
        if entry.what == f"{table} update" and entry.before and entry.after:
            yield entry, entry.before, entry.after


def _writes(
    log: Iterable[Entry], table: str
) -> Iterator[tuple[Entry, dict[str, Any], dict[str, Any]]]:
    """Answer updates, and inserts as updates of nothing."""
    for entry in log:
        if entry.what.startswith(f"{table} ") and entry.after:
            yield entry, entry.before or {}, entry.after


def _is_open(chunk: dict[str, Any]) -> bool:
    return chunk.get("state") in _OPEN


def _is_worker(entry: Entry) -> bool:
    return entry.who.startswith("worker")


def _took_over(entry: Entry) -> bool:
    before = entry.before or {"epoch": None}
    return entry.after is not None and entry.after["epoch"] != before["epoch"]
