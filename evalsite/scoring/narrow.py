"""Which of a batch's scorecards a list shows, in what order, and what stands next to one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from django.db.models import F, Func, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import Exact

from evalsite.batches.models import Batch
from evalsite.cases.models import Revision, TestCase
from evalsite.errors import UsageError
from evalsite.keyset import beyond
from evalsite.scoring.models import Scorecard, ScoreStatus
from packs.protocol import StageStatus

Cards = QuerySet[Scorecard]

# Reading more cases' inputs than this for a word would take a page too long.
SEARCHED: Final = 10_000
_PLACE: Final = ("revision_id", "repetition")
# The weakest or the best first, and no score is no zero: it stands at the end of both.
ORDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "case": _PLACE,
    "weakest": ("ranked_score", *_PLACE),
    "best": ("-ranked_score", "-revision_id", "-repetition"),
}
_UNRANKED: Final = {"weakest": 2.0, "best": -1.0}
_SLICES: Final = {
    "tag": "revision__tags__contains",
    "category": "revision__category",
    "subcategory": "revision__subcategory",
    "complexity": "revision__complexity",
}
_LEVELS: Final = ("1", "2", "3", "4", "5")
_LAST: Final = UUID(int=2**128 - 1)


class FilterUnclear(UsageError):
    """A filter of scorecards does not say what it looks for."""

    code = "filter_unclear"
    hint = "name the stage of stage_status in `stage`; a slice is tag:NAME or category:NAME"


def filtered(batch: Batch, query: Mapping[str, str]) -> Cards:
    """Answer the scorecards of a batch that a query wants, in its order; blank is no wish.

    `status`, `stage` (judged at it), `stage_status` (what came of it there), `slice`, `q`
    (in the key or the input: `searched` says of how many) and `order`, one of ORDERS. Each has
    its `case_key`. Other names are passed over. Raises FilterUnclear.
    """
    cards: Cards = Scorecard.objects.filter(batch=batch).defer("details")
    # Looked up for the rows that are shown: a join would be made for all that are sorted.
    keys = Revision.objects.filter(pk=OuterRef("revision_id")).values("case__key")
    cards = cards.annotate(case_key=Subquery(keys[:1]))
    for name, narrow in _NARROWED.items():
        if wanted := query.get(name, ""):
            cards = narrow(cards, wanted.replace("\0", ""))
    cards = _at_stage(cards, query.get("stage", ""), status=query.get("stage_status", ""))
    if text := query.get("q", "").replace("\0", "").strip():
        cards = _with_text(cards, text, batch=batch)
    return _ordered(cards, query.get("order", "") or "case")


def searched(batch: Batch) -> int:
    """Answer in how many of a batch's scorecards a text is looked for: the first by case."""
    return min(SEARCHED, batch.n_cases * batch.repetitions)


def neighbours(cards: Cards, card: Scorecard) -> tuple[Scorecard | None, Scorecard | None]:
    """Answer what stands before and after a card in the order of `filtered` cards.

    The card itself need not be among them. Costs two queries that an index answers where the order
    is by case.
    """
    order = tuple(str(field) for field in cards.query.order_by)
    values = [_value(card, field) for field in order]
    back = [field[1:] if field.startswith("-") else f"-{field}" for field in order]
    before = cards.filter(beyond(back, values)).order_by(*back).first()
    return before, cards.filter(beyond(order, values)).first()


def in_slice(cards: Cards, wanted: str) -> Cards:
    """Keep those whose cases are in a slice, as `tag:NAME`; raises FilterUnclear for no slice."""
    kind, sign, name = wanted.partition(":")
    if not sign or kind not in _SLICES or (kind == "complexity" and name not in _LEVELS):
        raise FilterUnclear(f"{wanted!r:.120} is no slice")
    looked_for: Any = [name] if kind == "tag" else name
    return cards.filter(**{_SLICES[kind]: looked_for})


def of_stage(cards: Cards, stage: str, **wanted: str) -> Cards:
    """Compare what the stage has under a name; of this PostgreSQL expects that many rows fit."""
    for name, value in wanted.items():
        path = (F("stages"), Value(stage), Value(name))
        found = Func(*path, function="jsonb_extract_path_text", output_field=TextField())
        cards = cards.filter(Exact(found, value))
    return cards


def _with_status(cards: Cards, wanted: str) -> Cards:
    if wanted not in ScoreStatus.values:
        raise FilterUnclear(f"{wanted!r:.120} is no status")
    return cards.filter(status=wanted)


_NARROWED: Final[Mapping[str, Callable[[Cards, str], Cards]]] = {
    "status": _with_status,
    "slice": in_slice,
}


def _at_stage(cards: Cards, stage: str, *, status: str) -> Cards:
    if status and (not stage or status not in list(StageStatus)):
        raise FilterUnclear(f"stage_status {status!r:.120} is of no stage, or no status")
    stage = stage.replace("\0", "")
    if status:
        return of_stage(cards, stage, status=status)
    return cards.filter(stages__has_key=stage) if stage else cards


def _with_text(cards: Cards, text: str, *, batch: Batch) -> Cards:
    """Find the case of that very key anywhere, else the text among the first cards."""
    revisions = Revision.objects.annotate(input_text=Cast("input", TextField()))
    if batch.n_cases * batch.repetitions > SEARCHED:
        named = TestCase.objects.filter(suite=batch.suite_id, key=text).values_list("pk", flat=True)
        if case := named.first():
            return cards.filter(revision__case=case)
        of_batch = Scorecard.objects.filter(batch=batch).order_by("revision_id")
        revisions = revisions.filter(pk__in=of_batch.values("revision_id")[:SEARCHED])
    found = revisions.filter(Q(case__key__icontains=text) | Q(input_text__icontains=text))
    return cards.filter(revision__in=found.values("pk"))


def _ordered(cards: Cards, order: str) -> Cards:
    if order not in ORDERS:
        raise FilterUnclear(f"{order!r:.120} is no order: {', '.join(ORDERS)}")
    if order in _UNRANKED:
        last = Value(_UNRANKED[order])
        cards = cards.annotate(ranked_score=Coalesce("overall_score", last))
    return cards.order_by(*ORDERS[order])


def _value(card: Scorecard, field: str) -> Any:
    name = field.removeprefix("-")
    if name != "ranked_score":
        return getattr(card, name)
    unranked = _UNRANKED["best" if field.startswith("-") else "weakest"]
    return unranked if card.overall_score is None else card.overall_score
