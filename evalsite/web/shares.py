"""Make links to one page for people without an account, list them, and revoke them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.forms import BooleanField, Form, TypedChoiceField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone

from evalsite.batches.models import Batch
from evalsite.regressions.models import Comparison
from evalsite.shares.make import DAYS, make_share
from evalsite.shares.models import Share, ShareKind
from evalsite.shares.queries import shares_of
from evalsite.shares.revoke import revoke_share
from evalsite.web.frame.page import act, may, page

_LISTED = 100


class ShareForm(Form):
    """For how long, and what of it."""

    days = TypedChoiceField(choices=[(days, days) for days in DAYS], coerce=int)
    with_cases = BooleanField(required=False)


@page("shares")
def links(request: HttpRequest, *, kind: str, subject_id: UUID) -> HttpResponse:
    """List the links to a comparison or batch of the tenant in scope; 404 for any other."""
    return _shown(request, _subject(kind, subject_id), kind=kind)


@act("shares", "add")
def make(request: HttpRequest, *, kind: str, subject_id: UUID) -> HttpResponse:
    """Make a link, and show it: nobody can ask for it again, so that nothing leads on from here."""
    subject, form = _subject(kind, subject_id), ShareForm(request.POST)
    if not form.is_valid():
        messages.error(request, "No link was made: choose 1, 7 or 30 days.")
        return redirect("shares", kind, subject_id)
    made = make_share(subject, actor=request.user, **form.cleaned_data)
    address = reverse("shared", args=[made.token.get_secret_value()])
    return _shown(request, subject, kind=kind, link=f"{settings.SITE_URL}{address}")


@act("shares", "change")
def revoke(request: HttpRequest, share_id: UUID) -> HttpResponse:
    """Let a link of the tenant in scope open nothing any more."""
    share = get_object_or_404(Share, pk=share_id)
    revoke_share(share, actor=request.user)
    messages.success(request, "Revoked: the link opens nothing any more.")
    return redirect("shares", share.kind, share.subject_id)


def _subject(kind: str, subject_id: UUID) -> Comparison | Batch:
    """Answer the row that is shared; Http404 for none."""
    if kind == ShareKind.COMPARISON:
        told = Comparison.objects.select_related("batch__suite", "batch__run", "baseline__run")
        return get_object_or_404(told, pk=subject_id)
    if kind == ShareKind.BATCH:
        return get_object_or_404(Batch.objects.select_related("suite", "run"), pk=subject_id)
    raise Http404(f"a {kind} cannot be shared")


def _shown(
    request: HttpRequest, subject: Comparison | Batch, *, kind: str, link: str = ""
) -> HttpResponse:
    context: dict[str, Any] = {
        "subject": subject,
        "kind": kind,
        "link": link,
        "links": list(shares_of(subject.pk)[:_LISTED]),
        "now": timezone.now(),
        "days": DAYS,
        "may_share": may(request, verb="add", room="shares"),
    }
    return render(request, "web/shares.html", context)


urlpatterns = [
    path("shares/<uuid:share_id>/revoke/", revoke, name="share-revoke"),
    path("shares/<slug:kind>/<uuid:subject_id>/", links, name="shares"),
    path("shares/<slug:kind>/<uuid:subject_id>/make/", make, name="share-make"),
]
