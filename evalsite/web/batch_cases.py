"""The cases of a batch: which of them the address asks for, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest

from evalsite.batches.models import Batch
from evalsite.figures import score
from evalsite.ids import uuid_of
from evalsite.scoring.models import Scorecard, ScoreStatus
from evalsite.scoring.narrow import ORDERS, FilterUnclear, filtered, searched
from evalsite.summaries.models import SliceKind
from evalsite.summaries.queries import of_batch
from evalsite.web.frame.paging import Page, page_of

# What the address may hold of them; a card's page takes the same.
FILTERS: Final = ("status", "stage", "stage_status", "slice", "q", "order")
_LETTERS: Final = {
    "passed": "P",
    "failed": "F",
    "unscored": "U",
    "errored": "E",
    "skipped": "S",
    "not_applicable": "N",
}
_WORDS: Final = {"case": "as the suite has them", "weakest": "weakest first", "best": "best first"}
_STAGE_STATUSES: Final = ("passed", "failed", "unscored", "errored", "skipped", "not_applicable")
_SLICES_OFFERED: Final = 200
_NOTHING: Final = Page([], "")


class Mark(NamedTuple):
    """What one stage came to, as a letter with the words behind it."""

    letter: str
    status: str
    words: str


class Row(NamedTuple):
    """A case with its marks, stage by stage."""

    card: Scorecard
    score: str
    marks: list[Mark]


def cases_of(request: HttpRequest, batch: Batch) -> dict[str, Any]:
    """Answer what the table of cases is shown from; a filter that is unclear shows its error."""
    wanted = {name: text for name in FILTERS if (text := request.GET.get(name, "").strip())}
    stages = [stage["name"] for stage in batch.manifest["stages"]]
    after = request.GET.get("after", "")
    cards, fault = _found(batch, wanted, after=after)
    return {
        "wanted": wanted,
        "wanted_query": urlencode({**wanted, "after": after} if after else wanted),
        "fault": fault,
        "rows": [
            Row(card, score(card.overall_score), list(_marks(card, stages))) for card in cards.rows
        ],
        "next": cards.next,
        "after": after,
        "stages_judged": stages,
        "statuses": ScoreStatus.choices,
        "stage_statuses": _STAGE_STATUSES,
        "orders": [(order, _WORDS[order]) for order in ORDERS],
        "slices_offered": _slices(batch, wanted.get("slice", "")),
        "searched": searched(batch),
        "n_scorings": batch.n_cases * batch.repetitions,
        "opened": uuid_of(request.GET.get("card", "")),
    }


def _found(
    batch: Batch, wanted: Mapping[str, str], *, after: str
) -> tuple[Page, FilterUnclear | None]:
    if batch.cards_purged_at is not None:
        return _NOTHING, None
    try:
        cards = filtered(batch, wanted)
    except FilterUnclear as error:
        return _NOTHING, error
    return page_of(cards, order=ORDERS[wanted.get("order", "case")], after=after), None


def _marks(card: Scorecard, stages: list[str]) -> Iterator[Mark]:
    for stage in stages:
        if (verdict := card.stages.get(stage)) is None:
            yield Mark("", "", f"{stage}: not judged")
            continue
        status = str(verdict["status"])
        words = f"{stage}: {status.replace('_', ' ')}"
        if verdict.get("score") is not None:
            words += f", {score(verdict['score'])}"
        if verdict.get("code"):
            words += f", {verdict['code']}"
        yield Mark(_LETTERS.get(status, "?"), status, words)


def _slices(batch: Batch, chosen: str) -> list[str]:
    """Answer the slices to choose from: those that were summarised, and the one in the address."""
    rows = of_batch(batch.pk).exclude(slice_kind=SliceKind.ALL)
    kinds = rows.values_list("slice_kind", "slice_value")[:_SLICES_OFFERED]
    offered = [f"{kind}:{value}" for kind, value in kinds]
    return [*offered, *({chosen} - {"", *offered})]
