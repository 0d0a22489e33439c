"""Ask a live target for the cases of one chunk, beside one another, recording as they answer."""

from __future__ import annotations

from django.db import transaction

from evalsite.batches.lease import Claim, LeaseLost, renew
from evalsite.calls.desk import Desk
from evalsite.env import load
from evalsite.errors import EvalsiteError
from evalsite.pipeline.score_model import GRACE_SECONDS, MOST_SECONDS
from evalsite.scoring.answer import recorded
from evalsite.scoring.ask import Asker, asker_of
from evalsite.scoring.interleave import Outcome, Pace, interleave
from evalsite.scoring.write import Row
from judges.models import Halt
from judges.protocol import VerdictError


def ask_chunk(claim: Claim) -> Outcome[Row]:
    """Ask for what the chunk has left; all that was answered is written when this returns.

    What keeps every case from being asked, such as an endpoint that is gone, is the outcome's
    Halt: the batch pauses, and goes on when that is mended. Raises LeaseLost.
    """
    try:
        return _ask(claim, asker_of(claim))
    except LeaseLost:
        raise
    except (EvalsiteError, VerdictError) as error:
        return Outcome(halt=Halt(error.code, error.message))


def _ask(claim: Claim, asker: Asker) -> Outcome[Row]:
    cases = list(recorded(claim))
    seconds = load().lease_seconds
    desk = Desk()

    def flush(rows: list[Row]) -> bool:
        with transaction.atomic():
            runs = renew(claim, seconds=seconds)
            asker.write(rows)
        return runs

    async def main() -> Outcome[Row]:
        pace = Pace(width=asker.width, beat=seconds / 3, most=MOST_SECONDS, grace=GRACE_SECONDS)
        async with asker.opened():
            return await interleave(
                cases, one=asker.one, flush=lambda rows: desk.do(lambda: flush(rows)), pace=pace
            )

    outcome = desk.run(main)
    flush(outcome.unflushed)
    outcome.unflushed = []
    return outcome
