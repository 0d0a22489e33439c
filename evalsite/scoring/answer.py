"""Where the answers to a chunk's cases come from: so far, from the outputs recorded on the run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import orjson
from django.db import connection

from evalsite.batches.lease import Claim
from evalsite.blobs.shorten import restore


class Answered(NamedTuple):
    """One case and repetition with what the system under test answered.

    `answer` is None where there is none; `error` then says why, and is empty when nothing was
    recorded at all. `before` holds the results of the steps before this one.
    """

    revision_id: str
    repetition: int
    input: Any
    expected: Any
    answer: Any
    error: str
    latency_ms: float | None
    tokens_in: int | None
    tokens_out: int | None
    cost_usd: float | None
    before: dict[str, Any]


# The cases of so many scorings are read at once: their texts may be long.
_BLOCK: Final = 2_500
# One query a block. Each lookup is a LATERAL with LIMIT, which pins the whole unique key: left to
# itself the planner, which knows nothing of a batch that is being written, walks the key's prefix
# once per case, and a batch costs the square of its size. Revisions are looked up by one walk.
# A first step scores every repetition; a later one, or a retry, only those whose scorecard waits
# for it. What a worker before us in this chunk has flushed has the step's stages, in this round.
_RECORDED = """
    SELECT r.id::text, rep.n, r.input::text, r.expected::text, o.answer::text,
           coalesce(o.error, ''), o.latency_ms, o.tokens_in, o.tokens_out, o.cost_usd,
           card.stages::text
    FROM cases_revision AS r
    CROSS JOIN generate_series(0, %(last)s) AS rep (n)
    LEFT JOIN LATERAL (
        SELECT answer, error, latency_ms, tokens_in, tokens_out, cost_usd FROM targets_output
        WHERE run_id = %(run)s AND case_id = r.case_id AND repetition = rep.n LIMIT 1) AS o ON true
    LEFT JOIN LATERAL (
        SELECT id, status, stages, round FROM scoring_scorecard
        WHERE NOT %(untouched)s
          AND batch_id = %(batch)s AND revision_id = r.id AND repetition = rep.n LIMIT 1
    ) AS card ON true
    WHERE r.id = ANY ((
        SELECT revisions[%(from)s:%(to)s] FROM batches_chunk WHERE id = %(chunk)s)::uuid[]) AND (
        card.id IS NULL AND %(first)s
        OR card.status = ANY (%(waiting)s)
           AND NOT (card.round = %(round)s AND card.stages ?& %(stages)s::text[]))
"""

# Where chance drew the order, it is kept: what is there of a chunk half done is a sample too.
_PLACES = """
    SELECT drawn.id::text, drawn.place FROM batches_chunk c
    CROSS JOIN LATERAL unnest(c.revisions[%(from)s:%(to)s]) WITH ORDINALITY AS drawn (id, place)
    WHERE c.id = %(chunk)s
"""
_ANSWER: Final = 4
# How PostgreSQL writes an answer that is kept as a blob.
_LONG: Final = '{"$blob": '


def recorded(claim: Claim) -> Iterator[Answered]:
    """Yield the chunk's cases with their recorded outputs, reading one block after the other."""
    size = max(1, _BLOCK // claim.repetitions)
    for begin in range(1, claim.n_cases + 1, size):
        yield from _block(claim, begin, end=begin + size - 1)


def _block(claim: Claim, begin: int, *, end: int) -> Iterator[Answered]:
    """Yield the cases from one place of the chunk to another, counted from 1."""
    first = claim.step_number == 0
    values: dict[str, Any] = {
        "chunk": claim.chunk_id,
        "from": begin,
        "to": end,
        "last": claim.repetitions - 1,
        "run": claim.run_id,
        "batch": claim.batch_id,
        "first": first,
        "untouched": claim.is_untouched,
        "round": claim.round,
        "stages": claim.stages,
        "waiting": ["errored", "unscored"] if first else ["open"],
    }
    with connection.cursor() as cursor:
        cursor.execute(_RECORDED, values)
        rows = cursor.fetchall()
        if claim.is_drawn:
            cursor.execute(_PLACES, values)
            places = dict(cursor.fetchall())
            # Without a place is who was taken away meanwhile, and with it the lease.
            rows.sort(key=lambda row: (places.get(row[0], 0), row[1]))
    long = {
        place: _loads(row[_ANSWER])
        for place, row in enumerate(rows)
        if row[_ANSWER] is not None and row[_ANSWER].startswith(_LONG)
    }
    whole = dict(zip(long, restore(list(long.values())), strict=True)) if long else {}
    for place, row in enumerate(rows):
        revision_id, n, given, expected, answer, error, ms, tokens_in, tokens_out, usd, card = row
        yield Answered(
            revision_id,
            n,
            _loads(given),
            _loads(expected),
            whole[place] if place in whole else _loads(answer),
            error,
            ms,
            tokens_in,
            tokens_out,
            usd,
            {} if first else _loads(card) or {},
        )


def _loads(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)
