"""The invariants, read from the database and the fakes' logs when a seed is over.

Each function gives a line for each thing that is wrong. INVARIANTS is the table; the codes are
those of docs/reliability.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from django.db.models import Count

from evalsite.alerts.mail import message_id
from evalsite.alerts.models import Alert
from evalsite.audit.models import Entry
from evalsite.audit.verify import TrailBroken, verify_trail
from evalsite.batches.models import Batch
from evalsite.scoring.models import Scorecard
from evalsite.summaries.models import Summary
from tests.crucible.crossings import crossings, weighed
from tests.crucible.fouls import fouls
from tests.crucible.referee import read_log
from tests.crucible.scene import Scene, steady
from tests.crucible.schedule import CASES
from tests.crucible.settle import SETTLE_SECONDS, open_things
from tests.crucible.stock import WRONG
from tests.crucible.violation import Violation
from tests.journeys.workshop import QUICK
from tests.summaries.recompute import recompute

Wrong = Iterator[str]
# The worst that one lost slot costs in repeated calls: all of its chunk.
CHUNK: Final = 20


def every_case_once(scene: Scene) -> Wrong:
    """I1: each case and repetition of a finished batch has one scorecard, and the right verdict."""
    for batch in _batches(scene):
        cards = Scorecard.objects.filter(batch=batch)
        n, wanted = cards.count(), batch.n_cases * batch.repetitions
        twice = cards.values("revision", "repetition").annotate(n=Count("id")).filter(n__gt=1)
        if twice.exists() or n > wanted or (batch.state == "finished" and n != wanted):
            yield f"batch {batch.pk} ({batch.state}) has {n} scorecards for {wanted} cases"
        if batch.state == "finished" and cards.filter(status="open").exists():
            yield f"batch {batch.pk} is finished, and has open scorecards"
    yield from _verdicts(scene)


def _verdicts(scene: Scene) -> Wrong:
    """Judged without a model, a run has as many wrong as were put into it."""
    for batch in _batches(scene):
        wrong, lanes = WRONG.get(batch.run.name), {s["lane"] for s in batch.manifest["stages"]}
        if batch.state != "finished" or wrong is None or lanes != {"cpu"}:
            continue
        found = Counter(Scorecard.objects.filter(batch=batch).values_list("status", flat=True))
        if found != {"passed": CASES - wrong, "failed": wrong}:
            yield f"batch {batch.pk} of run {batch.run.name}: {dict(found)}"


def summary_is_recomputed(scene: Scene) -> Wrong:
    """I2: what is stored equals what the scorecards give, counts exactly, floats to 1e-9."""
    for batch in _batches(scene):
        if batch.state != "finished":
            continue
        rows = list(Summary.objects.filter(batch=batch).values())
        stored = {(row["slice_kind"], row["slice_value"]): row for row in rows}
        again = recompute(batch)
        if len(rows) != len(stored) or stored.keys() != again.keys():
            yield f"batch {batch.pk} has summaries {sorted(stored)} for slices {sorted(again)}"
            continue
        for key, figures in again.items():
            yield from (
                f"batch {batch.pk} {key}: {told}" for told in _differs(stored[key], figures)
            )


def _differs(found: Any, wanted: dict[str, Any]) -> Wrong:
    for name, value in wanted.items():
        if isinstance(value, dict):
            yield from _differs(found[name], value)
        elif isinstance(value, float) and found[name] is not None:
            if abs(found[name] - value) > 1e-9 * max(1.0, abs(value)):
                yield f"{name} is {found[name]}, recomputed {value}"
        elif found[name] != value:
            yield f"{name} is {found[name]}, recomputed {value}"


def everything_ends(scene: Scene) -> Wrong:
    """I3: after the last heal every batch ends in time, and none runs without a live lease."""
    if scene.settle_s is None:
        told = "; ".join(open_things(scene))
        yield f"not over {SETTLE_SECONDS:.0f} s after the last heal: {told}"


def one_alert_a_crossing(scene: Scene) -> Wrong:
    """I4: one alert and one Message-ID for each crossing, and no mail without its alert."""
    mails = Counter(scene.world.mails.message_ids())
    known: set[str] = set()
    for customer in scene.each_tenant():
        regressions = Alert.objects.filter(kind="regression").count()
        due = crossings(weighed(stills=scene.stills))
        if regressions not in due:
            told = " or ".join(map(str, sorted(due)))
            yield f"tenant {customer.tenant_id}: {regressions} alerts for {told} regressions"
        for alert in Alert.objects.all():
            known.add(message_id(alert))
            if alert.state != "sent" or not mails[message_id(alert)]:
                yield f"alert {alert.pk} is {alert.state}, {mails[message_id(alert)]} mails came"
    copies = sum(mails.values()) - len(mails)
    if copies > scene.n_deaths:
        yield f"{copies} mails came twice, and {scene.n_deaths} slots died"
    yield from (f"mail {told} is of no alert" for told in mails.keys() - known)


def audited_once(scene: Scene) -> Wrong:
    """I5: the chain verifies, and each change has one entry."""
    entries: Counter[str] = Counter()
    for customer in scene.each_tenant():
        try:
            verify_trail()
        except TrailBroken as broken:
            yield f"tenant {customer.tenant_id}: {broken}"
        started = Counter(
            Entry.objects.filter(action="batch.started").values_list("subject_id", flat=True)
        )
        batches = {str(pk) for pk in Batch.objects.values_list("pk", flat=True)}
        if started != Counter(batches):
            yield f"tenant {customer.tenant_id}: {started} for batches {batches}"
        entries.update(Entry.objects.values_list("action", flat=True))
    for verb, action in (("cancel", "batch.cancelled"), ("resume", "batch.resumed")):
        if entries[action] != scene.done[verb]:
            yield f"{entries[action]} entries {action}, and {scene.done[verb]} were done"


def progress_only_grows(scene: Scene) -> Wrong:
    """I6: as sampled five times a second, progress never falls, nor passes its total."""
    yield from scene.watcher.wrong
    if not scene.watcher.is_alive() or not scene.watcher.n_looks:
        yield "nobody looked on"


def calls_are_bounded(scene: Scene) -> Wrong:
    """I7: a model is asked once a case, and again where a reply was faulty or work was lost.

    Work is lost with its slot; and what is in hand of a batch that is cancelled is never written,
    so that it is asked again if the batch is resumed.
    """
    asking = [batch.pk for batch in _batches(scene) if _asks(batch)]
    batches = len(asking) + sum(scene.resumed[pk] for pk in asking)
    most = batches * CASES + scene.n_faulty + scene.n_lost_slots * CHUNK
    calls = len(scene.world.model.calls)
    if calls > most:
        yield f"{calls} calls of the model, at most {most} are explained"


def _asks(batch: Batch) -> bool:
    is_live = (batch.run.connection or {}).get("kind") == "chat"
    return is_live or any(stage["lane"] == "model" for stage in batch.manifest["stages"])


_PARENTS = """
    SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text
    FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey)
    WHERE c.contype = 'f' AND cardinality(c.conkey) = 2 AND a.attname <> 'tenant_id'
"""


def nobody_elses_parent(scene: Scene) -> Wrong:
    """I8: no row has a parent of another tenant; read past the wall."""
    with scene.world.services.superuser() as superuser:
        for child, column, parent in superuser.execute(_PARENTS).fetchall():
            sql = (
                f"SELECT count(*) FROM {child} c JOIN {parent} p ON p.id = c.{column}"
                " WHERE p.tenant_id <> c.tenant_id"
            )
            (n,) = superuser.execute(sql).fetchone() or (0,)
            if n:
                yield f"{n} rows of {child} have another tenant's {column}"


def errors_have_codes(scene: Scene) -> Wrong:
    """I9: every logged error has a code, and no process prints a bare traceback; see `logs`."""
    yield from scene.world.logs.wrong()


def nothing_is_left(scene: Scene) -> Wrong:
    """I10: no orphan process, scratch folder, lease or outbox row."""
    yield from open_things(scene) if scene.settle_s is not None else ()
    for process in scene.world.strays():
        yield f"process {process.pid} is left: {' '.join(process.cmdline())[:100]}"
    yield from (f"{path.name} is left in the scratch folder" for path in scene.world.leftovers())


def one_batch_a_key(scene: Scene) -> Wrong:
    """I11: however often, and however many at once ask under one key, there is one batch."""
    for name, replies in scene.replies.items():
        ids = {reply.body.get("id") for reply in replies if reply.status == 202}
        told = [f"{reply.status} {reply.body.get('code', '')}" for reply in replies]
        if len(ids) != 1 or len(replies) != scene.orders[name].asked or set(told) != {"202 "}:
            yield f"{name}: {told}, batches {ids}"
    made = sum(1 for _ in _batches(scene))
    if made != len(scene.orders):
        yield f"{made} batches for {len(scene.orders)} orders"


def nothing_after_a_cancel(scene: Scene) -> Wrong:
    """I12: once a cancel is confirmed, no case of the batch gets a verdict."""
    for batch in _batches(scene):
        before = scene.cancelled.get(batch.pk)
        now = Scorecard.objects.filter(batch=batch).exclude(status="open").count()
        if before is not None and now != before:
            yield f"batch {batch.pk} had {before} verdicts when it was cancelled, now {now}"


_TIMES = """
    SELECT c.oid::regclass::text, a.attname FROM pg_class c
    JOIN pg_attribute t ON t.attrelid = c.oid AND t.attname = 'tenant_id' AND NOT t.attisdropped
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.atttypid = 'timestamptz'::regtype
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND NOT a.attisdropped
      AND a.attname <> ALL(%s)
"""
# What is meant to lie ahead.
_AHEAD: Final = ["due_at", "lease_until", "expires_at"]
_OFF: Final = "2 s"


def times_are_true(scene: Scene) -> Wrong:
    """I14: every stored time is one of the seed, whatever clock a worker had."""
    with scene.world.services.superuser() as superuser:
        since = f"clock_timestamp() - interval '{scene.seconds} s' - interval '{_OFF}'"
        for table, column in superuser.execute(_TIMES, [_AHEAD]).fetchall():
            found = superuser.execute(
                f"SELECT {column}::text FROM {table} WHERE {column} < {since}"
                f" OR {column} > clock_timestamp() + interval '{_OFF}' LIMIT 1"
            ).fetchone()
            if found:
                yield f"{table}.{column} is {found[0]}"


INVARIANTS: Final[dict[str, Callable[[Scene], Wrong]]] = {
    "I1": every_case_once,
    "I2": summary_is_recomputed,
    "I3": everything_ends,
    "I4": one_alert_a_crossing,
    "I5": audited_once,
    "I6": progress_only_grows,
    "I7": calls_are_bounded,
    "I8": nobody_elses_parent,
    "I9": errors_have_codes,
    "I10": nothing_is_left,
    "I11": one_batch_a_key,
    "I12": nothing_after_a_cancel,
    "I14": times_are_true,
}


def violations(scene: Scene) -> list[Violation]:
    """Answer all that is wrong, in the end and on the way there (see `fouls`)."""
    found = []
    for code, holds in INVARIANTS.items():
        found += [Violation(code, told) for told in steady(partial(_wrong, scene, holds))]
    with scene.world.services.superuser() as superuser:
        log = read_log(superuser)
    return found + fouls(
        log,
        lease_seconds=float(QUICK["LEASE_SECONDS"]),
        outages=scene.outages,
        stills=scene.stills,
    )


def _wrong(scene: Scene, holds: Callable[[Scene], Wrong]) -> list[str]:
    return list(holds(scene))


def _batches(scene: Scene) -> Iterator[Batch]:
    for _ in scene.each_tenant():
        yield from Batch.objects.select_related("run")
