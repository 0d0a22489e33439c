"""The scorecards of one batch as arrays, or what a purge has left of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from evalsite.batches.models import Batch
from evalsite.regressions.copied import parts_copied
from evalsite.regressions.shelf import Shelf
from evalsite.scoring.all_cards import ALL_CARDS

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]
    Statuses = npt.NDArray[np.integer[Any]]
    Names = npt.NDArray[np.bytes_]

# A status is its place in these; 0 is none at all.
STATUSES: Final = ("", "open", "passed", "failed", "unscored", "errored")
STAGE_STATUSES: Final = (
    "", "passed", "failed", "skipped", "not_applicable", "unscored", "errored",
)  # fmt: skip
# Beyond this a figure is no measurement: 30 years of milliseconds, a trillion dollars.
LARGEST: Final = 1e12
FIGURES: Final = ("score", "latency_ms", "cost_usd", "tokens")

# Hashes stand for texts: equal texts are found, and nothing else is asked of them.
_COLUMNS: Final = {
    "case": ("S16", "r.case_id"),
    "revision": ("S16", "c.revision_id"),
    "status": (">i2", "array_position(%(statuses)s::text[], c.status::text)::int2 - 1::int2"),
    "cluster": (">i8", "coalesce(hashtextextended(r.metadata ->> %(cluster_key)s, 0), 0)"),
    "profile": (">i8", "hashtextextended(ROW(r.tags, r.category, r.complexity)::text, 0)"),
    "score": (">f8", "coalesce(c.overall_score, 'NaN')"),
    "latency_ms": (">f8", "coalesce(c.latency_ms, 'NaN')"),
    "cost_usd": (">f8", "coalesce(c.cost_usd, 'NaN')"),
    "tokens": (">f8", "coalesce(c.tokens_in::float8 + c.tokens_out::float8, 'NaN')"),
}
_STAGE: Final = {
    "status {i}": (
        ">i2",
        """coalesce(array_position(
            %(stage_statuses)s::text[], c.stages -> %(stage{i})s ->> 'status') - 1, 0)::int2""",
    ),
    "score {i}": (">f8", "coalesce((c.stages -> %(stage{i})s ->> 'score')::float8, 'NaN')"),
}
_SELECT: Final = f"""
    SELECT {{columns}} FROM {ALL_CARDS} c JOIN cases_revision r ON r.id = c.revision_id
    WHERE c.batch_id = %(batch)s {{order}}
"""
# A mean of three rests in its last bit on their order, which a purge may not change.
_ORDER: Final = "ORDER BY c.revision_id, c.repetition"


class Cards(Shelf):
    """One scorecard a row, a row for each repetition; NaN where there is no figure.

    `case` and `revision` are ids as 16 bytes. `status i` and `score i` are those of the stage at
    this place. `cluster` and `profile` (tags, category, complexity) are hashes; no cluster is 0.
    """


def load_cards(batch: Batch, *, stages: Sequence[str], cluster_key: str) -> Cards:
    """Fetch a batch's scorecards with these stages, in one pass."""
    columns = dict(_COLUMNS)
    values: dict[str, Any] = {f"stage{i}": stage for i, stage in enumerate(stages)}
    for i in range(len(stages)):
        columns |= {k.format(i=i): (kind, sql.format(i=i)) for k, (kind, sql) in _STAGE.items()}
    rows = parts_copied(
        _SELECT.format(
            columns=", ".join(sql for _, sql in columns.values()),
            order=_ORDER if batch.repetitions > 2 else "",
        ),
        columns={name: kind for name, (kind, _) in columns.items()},
        values={
            "batch": batch.pk,
            "cluster_key": cluster_key,
            "statuses": list(STATUSES),
            "stage_statuses": list(STAGE_STATUSES),
            **values,
        },
    )
    # Whoever cannot keep a part leaves no COPY open, under which nothing could be rolled back.
    with closing(rows):
        return put_away(rows)


def put_away(parts: Iterable[Mapping[str, npt.NDArray[Any]]]) -> Cards:
    """Put the rows away, part by part."""
    import numpy as np

    cards = Cards()
    for part in parts:
        for name, column in part.items():
            if name.startswith("status"):
                column = column.astype(np.int8)
            elif name in FIGURES:
                column = np.where(column <= LARGEST, column, np.nan)
            cards.add(name, column)
    return cards
