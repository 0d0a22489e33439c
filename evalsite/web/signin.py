"""Sign in. Wrong passwords are counted by account and address."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.urls import path

from evalsite.keys.attempts import TooManyAttempts, forget, note_failure, require_attempt
from evalsite.web import sso


class SignIn(LoginView):
    """The form; after too many wrong passwords a plain message with status 429."""

    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """Look at a password only while there is room for another failure."""
        try:
            require_attempt(self._address(), account=self._account())
        except TooManyAttempts as error:
            return self._refused(error)
        return super().post(request, *args, **options)

    def form_valid(self, form: Any) -> HttpResponse:
        """Forget what failed before."""
        forget(self._address(), account=self._account())
        if sso.is_on():
            return sso.enter(self.request, form.get_user(), to=self.get_success_url())
        return super().form_valid(form)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """Show the other way in, where there is one."""
        return super().get_context_data(**context, **sso.links())

    def form_invalid(self, form: Any) -> HttpResponse:
        """Count the failure."""
        note_failure(self._address(), account=self._account())
        return super().form_invalid(form)

    def _refused(self, error: TooManyAttempts) -> HttpResponse:
        form = self.get_form_class()(self.request)
        context = self.get_context_data(form=form, error=error)
        response = self.render_to_response(context, status=error.http_status)
        response["Retry-After"] = str(error.retry_after)
        return response

    def _address(self) -> str:
        return str(self.request.META.get("REMOTE_ADDR", ""))

    def _account(self) -> str:
        return str(self.request.POST.get("username", ""))


urlpatterns = [
    path("signin/", SignIn.as_view(), name="signin"),
    path("signout/", LogoutView.as_view(), name="signout"),
]
