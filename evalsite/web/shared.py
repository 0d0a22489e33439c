"""What a link shows to people without an account: one comparison or batch, and no way on."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_safe

from evalsite.alerts.cases import shown_cases
from evalsite.batches.marks import marks_of
from evalsite.batches.models import Batch
from evalsite.pipeline.report import stages_in_order
from evalsite.regressions.plain_words import plain_sentence
from evalsite.regressions.queries import headline, own_comparison
from evalsite.regressions.worst import KEPT
from evalsite.shares.models import Share, ShareKind
from evalsite.shares.open import ShareGone, count_use, opened
from evalsite.summaries import queries as summaries
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import require
from evalsite.web.compared.facts import facts_of, of_page

_SLICES_SHOWN: Final = 100
# No address of ours goes on, and no search engine keeps what a link shows.
_HEADERS: Final = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}


@never_cache
@require_safe
@sensitive_variables("token")
def shown(request: HttpRequest, token: str) -> HttpResponse:
    """Show what the link is bound to; the same 404 for whatever opens nothing.

    It is written for nobody: neither a session nor a context processor has a part in it.
    """
    try:
        with opened(token) as share:
            html = _page(share)
            if request.method == "GET":
                count_use(share)
        return HttpResponse(html, headers=_HEADERS)
    except ShareGone as error:
        html = render_to_string("web/shared/gone.html", {"error": error})
        return HttpResponse(html, status=error.http_status, headers=_HEADERS)


def _page(share: Share) -> str:
    context = {
        "share": share,
        "owner": Tenant.objects.get(pk=require()).name,
        "is_shared": True,
        **(_comparison(share) if share.kind == ShareKind.COMPARISON else _batch(share)),
    }
    return render_to_string(f"web/shared/{share.kind}.html", context)


def _comparison(share: Share) -> dict[str, Any]:
    comparison = of_page().filter(pk=share.subject_id).first()
    if comparison is None:
        raise ShareGone("this link opens nothing")
    cases = shown_cases(comparison, limit=KEPT) if share.with_cases else []
    return {**facts_of(comparison, has_links=False), "cases": cases}


def _batch(share: Share) -> dict[str, Any]:
    batch = Batch.objects.select_related("suite", "run").filter(pk=share.subject_id).first()
    if batch is None:
        raise ShareGone("this link opens nothing")
    whole, slices = summaries.headline(batch.pk), summaries.weakest_slices(batch.pk)
    comparison = own_comparison(batch.pk)
    return {
        "batch": batch,
        "marks": marks_of(batch),
        "whole": whole,
        "stages": stages_in_order(batch, whole) if whole else {},
        "slices": list(slices[:_SLICES_SHOWN]),
        "n_slices": slices.count(),
        "comparison": comparison,
        "sentence": plain_sentence(comparison, headline(comparison)) if comparison else "",
    }


urlpatterns = [path("shared/<str:token>/", shown, name="shared")]
