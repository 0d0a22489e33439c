"""Ask a live target for the cases of one chunk, beside one another, recording as they answer."""

from __future__ import annotations

from evalsite.batches.lease import Claim, LeaseLost
from evalsite.errors import EvalsiteError
from evalsite.pipeline.patience import patiently
from evalsite.pipeline.score_model import Chunk, Work
from evalsite.scoring.answer import recorded
from evalsite.scoring.ask import asker_of
from evalsite.scoring.interleave import Outcome
from evalsite.scoring.write import Row
from judges.models import Halt
from judges.protocol import VerdictError


def ask_chunk(claim: Claim) -> Outcome[Row]:
    """Ask for what the chunk has left; all that was answered is written when this returns.

    What keeps every case from being asked, such as an endpoint that is gone, is the outcome's
    Halt: the batch pauses, and goes on when that is mended. Raises LeaseLost, and what the
    database or the broker raises.
    """
    try:
        asker = asker_of(claim)
        work = Work(asker.one, write=asker.write, opened=asker.opened)
        chunk = Chunk(claim, cases=list(recorded(claim)), work=work)
        outcome = chunk.run()
    except LeaseLost:
        raise
    except (EvalsiteError, VerdictError) as error:
        return Outcome(halt=Halt(error.code, error.message))
    patiently(lambda: chunk.write(outcome.unflushed))
    outcome.unflushed = []
    return outcome
