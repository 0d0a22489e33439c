"""Say what keeps a batch from being an answer, and the exit code that goes with it."""

from __future__ import annotations

from typing import NamedTuple

from evalsite.batches.models import Batch, BatchState, Preflight
from evalsite.env import load
from evalsite.gates.demand import EXIT_CODES
from evalsite.gates.models import GateOutcome
from evalsite.pipeline import account
from evalsite.pipeline.hold import Answer
from evalsite.pipeline.peek import stopped_early
from evalsite.summaries.models import SliceKind, Summary

DONE, FAILED, INCOMPLETE, INTERRUPTED = 0, 3, 4, 130


class Conclusion(NamedTuple):
    """What a command ends with: the exit code, and the lines for people."""

    exit_code: int = DONE
    lines: tuple[str, ...] = ()


def conclude(
    batch: Batch, *, tenant: str | None = None, answer: Answer | None = None
) -> Conclusion:
    """Answer how a batch that runs no longer ended; `tenant` goes into the command to resume.

    A gate that failed goes before all else. One that was asked for and never answered, or left
    it open, is no success.
    """
    ended, held = _of_batch(batch, tenant=tenant), _of_gate(answer)
    if held.exit_code == FAILED or not ended.exit_code:
        return Conclusion(held.exit_code, (*ended.lines, *held.lines))
    return ended


def _of_gate(answer: Answer | None) -> Conclusion:
    if answer is None or answer.wanted.held is None:
        return Conclusion()
    gate, check = answer.wanted.held.name, answer.check
    if check is None:
        why = f"[gate_not_checked] gate {gate}: there is nothing to compare the batch with"
        return Conclusion(INCOMPLETE, (why,))
    code = EXIT_CODES[GateOutcome(check.outcome)]
    return Conclusion(code, (f"gate {gate}: {check.get_outcome_display().lower()}",))


def _of_batch(batch: Batch, *, tenant: str | None) -> Conclusion:
    if batch.state == BatchState.PAUSED:
        again = account.resume_command(batch, tenant=tenant)
        how = f"paused; nothing is lost. Go on with:\n  {again}"
        return Conclusion(INCOMPLETE, (account.pause_in_words(batch), how))
    if (stopped := stopped_early(batch)) is not None:
        return Conclusion(DONE, (stopped,))
    if batch.preflight == Preflight.UNTRUSTED:
        caught = "[judge_untrusted] the figures rest on a judge that was found out"
        return Conclusion(INCOMPLETE, (caught,))
    if _is_incomplete(batch):
        many = "[too_many_unscored] the batch has too many cases without a verdict"
        return Conclusion(INCOMPLETE, (many,))
    return Conclusion()


def _is_incomplete(batch: Batch) -> bool:
    if batch.state != BatchState.FINISHED:
        return True
    whole = Summary.objects.get(batch=batch, slice_kind=SliceKind.ALL)
    return (whole.unscored + whole.errored) > load().unscored_limit * whole.n
