"""Hold a batch against the baseline and the gate that `runbatch` was told of.

Whatever can be refused is refused before the batch does anything: the gate and the files are read
and tried first, and a batch whose baseline cannot be found is never launched.
"""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from evalsite.batches.models import Batch, BatchState
from evalsite.errors import UsageError
from evalsite.gates import demand
from evalsite.gates.check import require_fit
from evalsite.gates.demand import Demand
from evalsite.gates.models import GateCheck
from evalsite.pipeline.begin import begin
from evalsite.regressions.choose import Choice, resolve_baseline
from evalsite.regressions.compare import compare_with
from evalsite.regressions.models import Comparison
from evalsite.regressions.queries import own_comparison
from evalsite.regressions.vet import ComparisonRefused


class GateNeedsEnd(UsageError):
    """Nobody waits for the batch's end, and the answer comes then."""

    code = "gate_needs_end"
    hint = "leave --detach out; or comparebatch later, with the same arguments"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a batch was held against, and what came of it."""

    wanted: Demand
    comparison: Comparison | None = None
    check: GateCheck | None = None


def read(options: Mapping[str, Any]) -> Demand:
    """Answer what is demanded; raises GateNeedsEnd and what `demand.read` raises."""
    wanted = demand.read(options, before_batch=True)
    if options["detach"] and (wanted or options["baseline"]):
        raise GateNeedsEnd("--detach leaves before there is anything to compare")
    return wanted


def begin_against(options: Mapping[str, Any], wanted: Demand) -> tuple[Batch, Choice | None]:
    """Begin the batch, and answer the baseline that was named; nothing began if it is no baseline.

    Raises what `begin` raises, BaselineUnknown, ComparisonRefused, GateUnfit.
    """
    named = options["baseline"]
    with transaction.atomic():
        batch = begin(options)
        if wanted.held:
            require_fit(wanted.held, batch)
        choice = resolve_baseline(batch, named) if named else None
        if choice is not None and (choice[0].suite_id, choice[0].pack) != (
            batch.suite_id,
            batch.pack,
        ):
            raise ComparisonRefused(f"the baseline {named!r} is of another suite or pack")
    return batch, choice


def hold(batch: Batch, wanted: Demand, *, choice: Choice | None) -> Answer:
    """Compare a finished batch, hold it against the gate, and write the files.

    A batch that is not finished, or has no baseline, is not compared: the files say so.
    """
    comparison = _compared(batch, choice) if batch.state == BatchState.FINISHED else None
    check = demand.answer(wanted, batch, comparison=comparison, actor=getpass.getuser())
    return Answer(wanted, comparison, check)


def _compared(batch: Batch, choice: Choice | None) -> Comparison | None:
    if choice is None:
        return own_comparison(batch.pk)
    return compare_with(batch, choice[0], chosen_by=choice[1])
