"""Say what keeps a batch from being an answer, and the exit code that goes with it."""

from __future__ import annotations

from typing import NamedTuple

from evalsite.batches.models import Batch, BatchState, Preflight
from evalsite.env import load
from evalsite.pipeline import account
from evalsite.pipeline.peek import stopped_early
from evalsite.summaries.models import SliceKind, Summary

DONE, INCOMPLETE, INTERRUPTED = 0, 4, 130


class Conclusion(NamedTuple):
    """What a command ends with: the exit code, and the lines for people."""

    exit_code: int = DONE
    lines: tuple[str, ...] = ()


def conclude(batch: Batch, *, tenant: str | None = None) -> Conclusion:
    """Answer how a batch that runs no longer ended; `tenant` goes into the command to resume."""
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
