"""The page of who may not: which role may."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from evalsite.tenants.models import Role
from evalsite.tenants.permissions import allows, role_in_scope


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403, and the least role that may do it where the role is what is missing."""
    yours = role_in_scope(request.user) if hasattr(request, "user") else None
    view = request.resolver_match.func if request.resolver_match else None
    verb, room = getattr(view, "verb", ""), getattr(view, "room", "")
    may = [role for role in Role if verb and allows(role, verb=verb, room=room)]
    context = {
        "verb": verb,
        "room": room,
        "yours": yours,
        "least": may[0] if may and yours not in may else None,
    }
    return render(request, "403.html", context, status=403)
