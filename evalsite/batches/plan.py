"""Freeze what a batch is about, and cut its steps into chunks, in set-based SQL."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import groupby
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import Max, QuerySet

from evalsite.batches.models import Batch, BatchState, Preflight, Priority, Step, StepState
from evalsite.cases import queries as cases
from evalsite.cases.models import Revision, Suite
from evalsite.errors import EvalsiteError
from evalsite.origin import origin
from evalsite.quotas.require import require_batch
from evalsite.targets.begin import begin_run
from evalsite.targets.models import EvalMode, Run, RunStatus
from evalsite.targets.queries import lacks_answers

# What a case costs, in milliseconds, until a step of the suite has been measured. A model takes a
# second, and 25 cases wait for it at once.
FIRST_GUESS_MS = {"cpu": 0.1, "sandbox": 150.0, "model": 40.0}
SMALLEST_CHUNK, LARGEST_CHUNK = 20, 5_000
LARGEST = {"model": 2_000}  # all of its cases are in memory
# Chunks per slot, and how much longer than others one may take. At the end of a chunk of the model
# lane fewer and fewer calls are under way, so it has fewer and longer ones.
SHARES = {"model": 1}
LONGER = {"model": 20}
SKIPPED = "it was asked for no preflight"
# So many scorings somebody may sit and wait for.
MOST_INTERACTIVE = 100

# The step before those that judge, where a live run is to be asked: it has no stages.
ASKING: Final[tuple[str, list[str]]] = ("model", [])

_CUT = """
    INSERT INTO batches_chunk
        (id, tenant_id, step_id, number, revisions, n_cases, state, attempt, lease_owner)
    SELECT gen_random_uuid(), app.tenant_id(), %s, place / %s, array_agg(id ORDER BY place),
           count(*), 'pending', 0, ''
    FROM (SELECT id, row_number() OVER ({order}) - 1 AS place
          FROM ({chosen}) AS chosen (id)) AS placed
    GROUP BY place / %s
"""
# The same order in every step of a batch: what was drawn first is judged to its end first.
_DRAWN = "ORDER BY md5(%s || id::text), id"


class NothingSelected(EvalsiteError):
    """The selection leaves no active case."""

    code = "nothing_selected"
    hint = "loosen --tag, --case or --limit, or activate cases of the suite"
    exit_code = 5


class RunNotReady(EvalsiteError):
    """The run has no outputs to score, or is no run that may be scored."""

    code = "run_not_ready"
    hint = "import its outputs and complete it: manage.py importoutputs"
    exit_code = 2


class Sizing(NamedTuple):
    """How large chunks become: `seconds` of work each, and enough of them for all `slots`."""

    slots: int
    seconds: float


def steps_of(manifest: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """Answer (lane, stages) per step: adjacent stages of one lane are scored in one pass."""
    grouped = groupby(manifest["stages"], key=lambda stage: str(stage["lane"]))
    return [(lane, [stage["name"] for stage in stages]) for lane, stages in grouped]


def plan_batch(
    *,
    suite: Suite,
    run: Run,
    options: Mapping[str, Any],
    manifest: Mapping[str, Any],
    selection: cases.Selection,
    repetitions: int,
    sizing: Sizing,
    actor: str,
    max_cost_usd: Decimal | None = None,
    use_cache: bool = True,
    preflight: Preflight = Preflight.NOT_NEEDED,
    request_key: str = "",
    order_seed: int | None = None,
    priority: str = "",
) -> Batch:
    """Create a batch pinned to the suite's version, with its first step cut into chunks.

    No model call is made that could bring it past `max_cost_usd`; without `use_cache` it asks
    models anew, also what they have been asked before. With `order_seed` the cases are scored in
    an order of chance, drawn by it; else chunk by chunk in order of key. Without a `priority` its
    size decides. Needs a transaction. Raises NothingSelected, RunNotReady, QuotaExceeded, and
    IntegrityError where another has the `request_key`.
    """
    _require_ready(run)
    require_batch()
    chosen = cases.active_revisions(suite, selection=selection).values("id")
    if not (n_cases := chosen.count()):
        raise NothingSelected(f"no active case of suite {suite.name!r} is selected")
    batch = Batch.objects.create(
        suite=suite,
        suite_version=suite.version,
        run=run,
        pack=manifest["pack"],
        options=dict(options),
        manifest=dict(manifest),
        selection=selection.as_json(),
        repetitions=repetitions,
        n_cases=n_cases,
        priority=priority or priority_of(n_cases * repetitions),
        max_cost_usd=max_cost_usd,
        use_cache=use_cache,
        preflight=preflight,
        preflight_notes=[SKIPPED] if preflight == Preflight.NOT_CHECKED else [],
        request_key=request_key,
        order_seed=order_seed,
        origin=origin(),
        created_by=actor,
    )
    begin_run(run, actor=actor)
    _open_first_step(batch, round=0, chosen=chosen, sizing=sizing)
    return batch


def priority_of(n_scorings: int) -> Priority:
    """Answer what a batch of that size is, unless somebody says otherwise."""
    return Priority.INTERACTIVE if n_scorings <= MOST_INTERACTIVE else Priority.BULK


def plan_next_step(
    batch: Batch, *, after: Step, survivors: QuerySet[Any, Any], sizing: Sizing
) -> Step | None:
    """Open the step after `after` for the revisions that its gates let through, if any."""
    plan = [ASKING, *steps_of(batch.manifest)]
    left = plan[plan.index((after.lane, after.stages)) + 1 :]
    if not left:
        return None
    number = after.number + 1
    return _open_step(
        batch, left[0], number=number, round=after.round, chosen=survivors, sizing=sizing
    )


def plan_retry(batch: Batch, *, waiting: QuerySet[Any, Any], sizing: Sizing) -> Step | None:
    """Open a new round for the revisions that wait for a verdict; None where there are none."""
    rounds = Step.objects.filter(batch=batch).aggregate(last=Max("round"))
    return _open_first_step(batch, round=(rounds["last"] or 0) + 1, chosen=waiting, sizing=sizing)


def _require_ready(run: Run) -> None:
    is_live = run.eval_mode == EvalMode.LIVE
    if run.status in (RunStatus.FAILED, RunStatus.DRY_RUN):
        raise RunNotReady(f"run {run.name!r} is {run.status}", hint="choose another run")
    if run.status == RunStatus.PENDING and not is_live:
        raise RunNotReady(f"run {run.name!r} is {run.status}")
    if is_live and run.connection is None:
        raise RunNotReady(
            f"run {run.name!r} is live, but how it is asked was never said",
            hint="open one: manage.py openrun --run NAME --live FILE.json",
        )


def _open_first_step(
    batch: Batch, *, round: int, chosen: QuerySet[Any, Any], sizing: Sizing
) -> Step | None:
    """Open the first judging step or, where a live run lacks answers, the one that asks."""
    asks = lacks_answers(
        batch.run,
        cases=Revision.objects.filter(pk__in=chosen).values("case"),
        n_cases=chosen.count(),
        repetitions=batch.repetitions,
        again=round > 0,
    )
    first = ASKING if asks else steps_of(batch.manifest)[0]
    return _open_step(batch, first, number=0, round=round, chosen=chosen, sizing=sizing)


def _open_step(
    batch: Batch,
    kind: tuple[str, list[str]],
    *,
    number: int,
    round: int,
    chosen: QuerySet[Any, Any],
    sizing: Sizing,
) -> Step | None:
    n_cases = chosen.count()
    if n_cases == 0:
        return None
    lane, stages = kind
    case_ms = _measured_ms(batch, lane=lane, stages=stages)
    n_scorings = n_cases * batch.repetitions
    scorings = chunk_size(n_scorings, case_ms=case_ms, sizing=sizing, lane=lane)
    size = max(1, scorings // batch.repetitions)
    n_chunks = -(-n_cases // size)
    step = Step.objects.create(
        batch=batch,
        round=round,
        number=number,
        lane=lane,
        stages=stages,
        n_cases=n_cases,
        n_chunks=n_chunks,
        remaining=n_chunks,
    )
    sql, params = chosen.query.sql_with_params()
    drawn = batch.order_seed is not None
    cut = _CUT.format(chosen=sql, order=_DRAWN if drawn else "")
    seed = [f"{batch.order_seed}:"] if drawn else []
    with connection.cursor() as cursor:
        cursor.execute(cut, [step.pk, size, *seed, *params, size])
    return step


def chunk_size(n: int, *, case_ms: float, sizing: Sizing, lane: str = "cpu") -> int:
    """Answer how many scorings a chunk holds: 20 to 5,000, and four chunks a slot if it can.

    `case_ms` is the time of the chunk per case, however many are under way at once.

    Few cases are cut finer than the floor only so far that each slot gets some.
    """
    seconds = sizing.seconds * LONGER.get(lane, 1)
    by_cost = int(seconds * 1000 / max(case_ms, 0.001))
    by_share = -(-n // (SHARES.get(lane, 4) * sizing.slots))
    most = LARGEST.get(lane, LARGEST_CHUNK)
    return max(SMALLEST_CHUNK, min(by_cost, by_share, most))


def _measured_ms(batch: Batch, *, lane: str, stages: list[str]) -> float:
    measured = (
        Step.objects.filter(
            batch__suite=batch.suite_id,
            batch__pack=batch.pack,
            batch__state=BatchState.FINISHED,
            lane=lane,
            stages=stages,
            state=StepState.DONE,
            case_ms__isnull=False,
        )
        .order_by("-finished_at")
        .values_list("case_ms", flat=True)
        .first()
    )
    return measured if measured is not None else FIRST_GUESS_MS.get(lane, 1.0)
