"""Choose the tenant to work in. A superuser's switch is written to that tenant's audit trail."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from evalsite.audit.record import record
from evalsite.tenants import members
from evalsite.tenants.acting import acting
from evalsite.tenants.middleware import SESSION_KEY
from evalsite.tenants.models import Tenant
from evalsite.tenants.permissions import person
from evalsite.tenants.scope import nobody, tenant


class PickForm(forms.Form):
    """One of the tenants that the person may enter."""

    tenant = forms.UUIDField()


@login_required
def pick(request: HttpRequest) -> HttpResponse:
    """Show the tenants that the person may enter; on POST, enter one."""
    if request.method == "POST":
        form = PickForm(request.POST)
        if form.is_valid() and members.may_enter(request.user, form.cleaned_data["tenant"]):
            return _enter(request, form.cleaned_data["tenant"])
        return render(request, "web/pick_tenant.html", _choices(request), status=404)
    return render(request, "web/pick_tenant.html", _choices(request))


def _choices(request: HttpRequest) -> dict[str, object]:
    tenants = Tenant.objects.filter(is_active=True).order_by("name")
    if not request.user.is_superuser:
        tenants = tenants.filter(pk__in=members.roles_of(request.user))
    return {"tenants": list(tenants)}


def _enter(request: HttpRequest, tenant_id: UUID) -> HttpResponse:
    """Remember the choice in the session; the next request is bound to it."""
    with nobody(), tenant(tenant_id), acting(person(request.user)):
        record("tenant.entered", tenant_id, superuser=request.user.is_superuser)
    request.session[SESSION_KEY] = str(tenant_id)
    return redirect("home")


urlpatterns = [
    path("tenant/", pick, name="pick-tenant"),
]
