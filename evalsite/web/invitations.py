"""Join a tenant by the link in an invitation."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from evalsite.errors import EvalsiteError
from evalsite.people.accept import has_account, join, join_as_new
from evalsite.people.models import Invitation
from evalsite.people.queries import find_invitation
from evalsite.tenants import scope


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Say what the invitation is to; on POST, join. 404 for a link that is not open."""
    try:
        invitation = find_invitation(token)
        form = _form(request, invitation)
        if request.method == "POST" and request.user.is_authenticated:
            join(token, user=request.user)
            return redirect("home")
        if request.method == "POST" and form.is_valid():
            user = join_as_new(token, password=form.cleaned_data["new_password1"])
            login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
            return redirect("home")
    except EvalsiteError as error:
        return _render(request, {"error": error}, status=error.http_status)
    return _render(
        request,
        {"invitation": invitation, "form": form, "has_account": has_account(invitation)},
        status=200,
    )


def _form(request: HttpRequest, invitation: Invitation) -> SetPasswordForm[User]:
    """The form for a password, which is checked against the new person's address."""
    user = User(username=invitation.email, email=invitation.email)
    return SetPasswordForm(user, request.POST if request.method == "POST" else None)


def _render(request: HttpRequest, context: dict[str, object], *, status: int) -> HttpResponse:
    """Render outside any tenant: whoever follows the link may work for another one."""
    with scope.nobody():
        response = render(request, "web/invitation.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    return response


urlpatterns = [
    path("invitations/<str:token>/", page, name="invitation"),
]
