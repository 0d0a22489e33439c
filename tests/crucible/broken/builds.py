"""The ten broken builds: what each lacks, who should notice, and which faults bring it to light.

A build is a list of edits of the product's source, which `break_in` makes while it is imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tests.crucible.broken.edits import Edit


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """A defect; `provoked_by` names faults of the crucible's table.

    `lacks` is the table and the name of a constraint that the database of this build has not.
    """

    name: str
    what: str
    noticed_by: tuple[str, ...]
    provoked_by: tuple[str, ...] = ()
    edits: tuple[Edit, ...]
    lacks: tuple[str, str] | None = None

    def modules(self) -> set[str]:
        """Answer the modules that it edits."""
        return {edit.module for edit in self.edits}

    def edits_of(self, module: str) -> list[Edit]:
        """Answer its edits of one module."""
        return [edit for edit in self.edits if edit.module == module]


EARLY_ACK = Build(
    name="early_ack",
    what="a message is acknowledged when it arrives, not when its work is done",
    noticed_by=("message",),
    edits=(
        Edit("evalsite.celery", "task_acks_late=True", "task_acks_late=False"),
        Edit(
            "evalsite.celery",
            "task_reject_on_worker_lost=True",
            "task_reject_on_worker_lost=False",
        ),
    ),
)

_WRITE = "evalsite.scoring.write"
_ONCE = "    ON CONFLICT (tenant_id, batch_id, revision_id, repetition) DO UPDATE SET\n"
NO_UNIQUE_KEY = Build(
    name="no_unique_key",
    what="scorecards have no unique key, and what is written again is inserted again",
    noticed_by=("I1",),
    edits=(
        Edit(
            _WRITE,
            f"""{_ONCE}        round = excluded.round, status = excluded.status, \
overall_score = excluded.overall_score,
        overall_passed = excluded.overall_passed, stages = excluded.stages,
        details = scoring_scorecard.details || excluded.details,
        latency_ms = excluded.latency_ms, tokens_in = excluded.tokens_in,
        tokens_out = excluded.tokens_out, cost_usd = excluded.cost_usd, scored_at = now()
""",
            "",
        ),
        Edit(
            _WRITE,
            f"""{_ONCE}        round = excluded.round, status = 'errored', \
overall_score = NULL, overall_passed = NULL,
        details = scoring_scorecard.details || excluded.details, scored_at = now()
    WHERE scoring_scorecard.status IN ('open', 'errored', 'unscored')
""",
            "",
        ),
    ),
    lacks=("scoring_scorecard", "scoring_scorecard_once"),
)

_LEASE = "evalsite.batches.lease"
_HOLDER = "\n      AND c.lease_owner = %(owner)s"
_MINE = "WHERE c.id = %(chunk)s"
_FENCE = f"{_MINE} AND c.attempt = %(attempt)s AND c.state = 'leased'{_HOLDER}"
NO_FENCE = Build(
    name="no_fence",
    what="whoever has ever held a chunk may renew, finish and hand it back",
    noticed_by=("holder", "counter", "I3"),
    provoked_by=("F3",),
    edits=(Edit(_LEASE, _FENCE, _MINE, times=3),),
)

_LAST = "        # Last, as it locks the one row that all chunks of the step share.\n"
LOOSE_COUNTER = Build(
    name="loose_counter",
    what="a step's chunks are counted down after the commit, not in it",
    noticed_by=("counter",),
    edits=(Edit("evalsite.pipeline.score", _LAST, f"    if claim:\n{_LAST}"),),
)

_SWEEP = "evalsite.pipeline.sweep"
NO_SWEEPER = Build(
    name="no_sweeper",
    what="the coordinator relays messages, and mends nothing that got lost",
    noticed_by=("I3",),
    provoked_by=("F2", "F5", "F7", "F16"),
    edits=(
        Edit(_SWEEP, '"released": ', '"released": 0 and '),
        Edit(_SWEEP, '"written_off": ', '"written_off": 0 and '),
        Edit(_SWEEP, '"lost": ', '"lost": 0 and '),
        Edit(_SWEEP, '"finished": ', '"finished": 0 and '),
    ),
)

EARLY_ALERT = Build(
    name="early_alert",
    what="a mail goes out in the transaction that finds its cause, before the commit",
    noticed_by=("I4", "commit"),
    provoked_by=("F23b",),
    edits=(
        Edit(
            "evalsite.pipeline.owe",
            '        outbox.add(_TASK, key=f"deliver:{alerts[0].pk}")\n',
            """\
        from evalsite.alerts import deliver

        for alert in alerts:
            waiting = Alert.objects.filter(pk=alert.pk, state="pending", delivery="now")
            if waiting.update(state="sending", attempts=1):
                alert.attempts = 1
                deliver._send(alert)
""",
        ),
    ),
)

_CLOCK = "%(clock)s::timestamptz"
_IMPORT = "from uuid import UUID\n"
APP_CLOCK = Build(
    name="app_clock",
    what="leases are given by the clock of the worker's host",
    noticed_by=("I3", "I7", "lease"),
    provoked_by=("F17",),
    edits=(
        Edit(_LEASE, _IMPORT, f"{_IMPORT}\nfrom django.utils import timezone\n"),
        Edit(_LEASE, "clock_timestamp()", _CLOCK, times=4),
        Edit(_LEASE, '"attempts": attempts,', '"attempts": attempts, "clock": timezone.now(),'),
        Edit(_LEASE, "{**values, **held}", '{"clock": timezone.now(), **values, **held}'),
    ),
)

_OUTBOX = "evalsite.pipeline.outbox"
_SEND = "    with going_back_to(message.origin):\n"
LOSSY_OUTBOX = Build(
    name="lossy_outbox",
    what="a message leaves the outbox before the broker has it",
    noticed_by=("outbox",),
    provoked_by=("F8",),
    edits=(
        Edit(_OUTBOX, _SEND, f"    gone = message.delete()[0]\n{_SEND}"),
        Edit(_OUTBOX, "    return message.delete()[0]\n", "    return gone\n"),
    ),
)

_EARLY_ENOUGH = "if started - self._renewed < term_seconds() / 4:"
NO_TERM = Build(
    name="no_term",
    what="who leads never asks again whether it still does, nor says that it does",
    noticed_by=("leader",),
    provoked_by=("F22b",),
    edits=(Edit("evalsite.pipeline.lead", _EARLY_ENOUGH, "if started:"),),
)

_STEER = "evalsite.batches.steer"
SAME_EPOCH = Build(
    name="same_epoch",
    what="a resume takes back what live workers hold, and sends it again in the same epoch",
    noticed_by=("I3", "I7"),
    provoked_by=("F25b",),
    edits=(
        Edit(_STEER, "    batch.epoch += 1\n", ""),
        Edit(
            _STEER,
            "SET wave = NULL, dispatched_at = NULL",
            "SET state = 'pending', lease_until = NULL, wave = NULL, dispatched_at = NULL",
        ),
    ),
)

_ALL = (
    *(EARLY_ACK, NO_UNIQUE_KEY, NO_FENCE, LOOSE_COUNTER, NO_SWEEPER),
    *(EARLY_ALERT, APP_CLOCK, LOSSY_OUTBOX, NO_TERM, SAME_EPOCH),
)
BUILDS: Final[dict[str, Build]] = {build.name: build for build in _ALL}
