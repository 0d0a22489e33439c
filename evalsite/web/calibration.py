"""How far each judge version agrees with people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from evalsite.batches.models import Batch
from evalsite.calibration.agreement import Calibration, calibrations
from evalsite.calibration.examples import disagreements
from evalsite.calibration.judges import Key, changed
from evalsite.stats.agreement import Agreement
from evalsite.stats.confusion import Rate
from evalsite.web.card.values import whole
from evalsite.web.frame.page import page

MOST = 100
_MOST_BATCHES = 20


class Shown(NamedTuple):
    """A judge version's figures."""

    found: Calibration
    agreement: Rate
    sensitivity: Rate
    specificity: Rate
    kappa: Agreement
    ac1: Agreement


@page("calibration")
def listed(request: HttpRequest) -> HttpResponse:
    """Show the judge versions that have labels, and those that newly asked models."""
    is_drawn = _is_drawn(request)
    versions = calibrations(drawn=is_drawn, recent=True)
    ordered = sorted(versions.values(), key=_newest_first)
    context = {
        "rows": [shown(found) for found in ordered[:MOST]],
        "left_out": max(0, len(ordered) - MOST),
        "unlabelled": sum(not found.table.n for found in ordered),
        "is_drawn": is_drawn,
    }
    return render(request, "web/calibration.html", context)


@page("calibration")
def detail(request: HttpRequest, digest: str) -> HttpResponse:
    """Show one judge version; `?stage=` says of which stage, where it judges several."""
    is_drawn, stage = _is_drawn(request), request.GET.get("stage", "")
    versions = calibrations(drawn=is_drawn, recent=True)
    found = _chosen(versions, digest=digest, stage=stage)
    batches = Batch.objects.filter(pk__in=found.batches[:_MOST_BATCHES])
    material = found.version.configuration.material
    context = {
        "row": shown(found),
        "version": found.version,
        "is_drawn": is_drawn,
        "examples": disagreements(found, drawn=is_drawn),
        "others": list(_others(versions, found)),
        "batches": batches.defer("manifest").select_related("suite", "run").order_by("-created_at"),
        "material": [(name, whole(material[name])) for name in ("options", "pins", "places")],
        "judge_version": material["version"],
    }
    return render(request, "web/calibration_judge.html", context)


def shown(found: Calibration) -> Shown:
    """Answer the figures of a judge version."""
    table = found.table
    return Shown(
        found,
        table.agreement(),
        table.sensitivity(),
        table.specificity(),
        table.kappa(),
        table.ac1(),
    )


def _is_drawn(request: HttpRequest) -> bool:
    return request.GET.get("labels") == "drawn"


def _newest_first(found: Calibration) -> tuple[bool, float, Key]:
    at = found.newest.timestamp() if found.newest else 0.0
    return (found.newest is None, -at, found.version.key)


def _chosen(versions: Mapping[Key, Calibration], *, digest: str, stage: str) -> Calibration:
    fitting = [
        found
        for key, found in sorted(versions.items())
        if key.digest == digest and stage in ("", key.stage)
    ]
    if not fitting:
        raise Http404("no judge of this tenant has this hash")
    return fitting[0]


def _others(
    versions: Mapping[Key, Calibration], found: Calibration
) -> Iterator[tuple[Calibration, str]]:
    """Yield the other versions of this judge in this stage, with what differs."""
    this = found.version
    for other in sorted(versions.values(), key=_newest_first):
        that = other.version
        if that.key != this.key and (that.judge, that.stage) == (this.judge, this.stage):
            yield other, " and ".join(changed(that, this))


urlpatterns = [
    path("calibration/", listed, name="calibration"),
    path("calibration/<slug:digest>/", detail, name="calibration-judge"),
]
