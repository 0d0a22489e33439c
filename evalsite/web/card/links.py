"""Where a case's page leads: within the list that one came from, to its repetitions, and out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from evalsite.scoring.models import Scorecard
from evalsite.scoring.narrow import filtered, neighbours
from evalsite.web.batch_cases import FILTERS

# What a list of cases is asked for in its address; all else is not carried on.
_KEPT: Final = (*FILTERS, "after")
_KEY: Final = "$EVALSITE_API_KEY"


class Repetition(NamedTuple):
    """The same case in the same batch, asked once more."""

    number: int
    status: str
    card_id: UUID
    is_here: bool


class Links(NamedTuple):
    """Addresses; blank where there is nothing."""

    filters: str
    back: str
    before: str
    after: str
    permalink: str
    curl: str


def links_of(request: HttpRequest, card: Scorecard) -> Links:
    """Answer where one can go from here; raises FilterUnclear for filters that are none."""
    wanted = _wanted(request)
    before, after = neighbours(filtered(card.batch, wanted), card)
    filters = filters_of(request)
    permalink = request.build_absolute_uri(_address(card.pk))
    api = request.build_absolute_uri(reverse("api:scorecard", args=[card.pk]))
    return Links(
        filters=filters,
        back=f"{reverse('batch', args=[card.batch_id])}{filters}#cases",
        before=f"{_address(before.pk)}{filters}" if before else "",
        after=f"{_address(after.pk)}{filters}" if after else "",
        permalink=permalink,
        curl=f'curl -H "Authorization: Bearer {_KEY}" "{api}?details=true"',
    )


def filters_of(request: HttpRequest) -> str:
    """Answer the query of the list that one came from, with its question mark; blank without."""
    wanted = _wanted(request)
    return f"?{urlencode(wanted)}" if wanted else ""


def repetitions_of(card: Scorecard) -> list[Repetition]:
    """Answer the repetitions of the case in its batch, itself among them, if there are several."""
    alike = Scorecard.objects.filter(batch=card.batch_id, revision=card.revision_id)
    rows = alike.order_by("repetition").values_list("repetition", "status", "pk")
    found = [Repetition(number, status, pk, pk == card.pk) for number, status, pk in rows]
    return found if len(found) > 1 else []


def origin_of(card: Scorecard) -> Mapping[str, str]:
    """Answer the request and the trace that the batch goes back to, where they are known."""
    origin = card.batch.origin
    trace = str(origin.get("traceparent", "")).split("-")
    known = {"Request id": str(origin.get("request_id", "")), "Trace id": "".join(trace[1:2])}
    return {name: value for name, value in known.items() if value}


def _wanted(request: HttpRequest) -> dict[str, str]:
    return {name: value for name in _KEPT if (value := request.GET.get(name, ""))}


def _address(card_id: UUID) -> str:
    return reverse("card", args=[card_id])
