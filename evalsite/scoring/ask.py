"""Ask a live target for the answers that a chunk's cases lack, and open their scorecards.

This is the first step of a batch over a live run. It has no stages: what it gets is recorded on
the run, and the steps after it judge recorded outputs, as they do for any run.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from uuid_utils import uuid7

from evalsite.batches.lease import Claim
from evalsite.batches.models import Batch
from evalsite.calls import ask as calls
from evalsite.scoring.answer import Answered
from evalsite.scoring.models import ScoreStatus
from evalsite.scoring.write import Row, write
from evalsite.targets.connections.ask import ask
from evalsite.targets.connections.kinds import Connection, read_connection
from evalsite.targets.connections.reach import Place, Reach, look_up, reached
from evalsite.targets.connections.reply import Reply
from evalsite.targets.record_live import Heard, record_live
from packs.protocol import Pack
from packs.registry import PACKS


class Asker:
    """Asks for one chunk: `opened` in the event loop, `write` where the database is."""

    def __init__(
        self, claim: Claim, *, connection: Connection, pack: Pack, place: Place | None
    ) -> None:
        self._claim = claim
        self._connection = connection
        self._pack = pack
        self._place = place
        self._reach: Reach | None = None
        self._heard: dict[str, Heard] = {}

    @asynccontextmanager
    async def opened(self, calls: calls.Asker) -> AsyncIterator[None]:
        """Keep the session open inside the block; raises EndpointBlocked."""
        async with reached(self._place, visitor_of=calls.visitor) as self._reach:
            yield

    async def one(self, answered: Answered) -> Row:
        """Ask for one case if it lacks an answer, and answer its open scorecard; raises Halt.

        An error that was recorded is asked about again by a retry only.
        """
        reply = None
        if answered.answer is None and (not answered.error or self._claim.round > 0):
            reply = await ask(self._connection, answered.input, pack=self._pack, reach=self._reach)
        row = _open_card(answered, reply)
        if reply is not None:
            self._heard[row.id] = Heard(answered.revision_id, answered.repetition, reply)
        return row

    def write(self, rows: Iterable[Row]) -> None:
        """Record the replies and write the cards inside the caller's transaction."""
        rows = list(rows)
        heard = [self._heard.pop(row.id) for row in rows if row.id in self._heard]
        record_live(self._claim.run_id, heard)
        write(self._claim, rows)


def asker_of(claim: Claim) -> Asker:
    """Prepare to ask for a chunk.

    Raises ConnectionInvalid, EndpointUnknown, SecretSealed, PackError.
    """
    batch = Batch.objects.select_related("run").get(pk=claim.batch_id)
    connection = read_connection(batch.run.connection)
    return Asker(
        claim,
        connection=connection,
        pack=PACKS.load(batch.pack).value,
        place=look_up(connection, batch_id=claim.batch_id),
    )


def _open_card(answered: Answered, reply: Reply | None) -> Row:
    took = reply or answered
    return Row(
        str(uuid7()),
        answered.revision_id,
        answered.repetition,
        took.latency_ms,
        took.tokens_in,
        took.tokens_out,
        took.cost_usd,
        ScoreStatus.OPEN.value,
        None,
        None,
        "{}",
        "{}",
    )
