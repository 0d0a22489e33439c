"""Where admins look after keys. A new one is shown on one page, once, and kept by nothing."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from evalsite.audit.admin import TenantForm
from evalsite.audit.ask_first import ask_first
from evalsite.audit.verb_admin import VerbAdmin
from evalsite.errors import EvalsiteError
from evalsite.keys.issue import DEFAULT_DAYS, MOST_DAYS, Issued, issue_key
from evalsite.keys.models import ApiKey
from evalsite.keys.queries import state_of
from evalsite.keys.revoke import revoke_key
from evalsite.keys.rotate import rotate_key
from evalsite.keys.scopes import known_scopes


class KeyForm(TenantForm):
    """What a new key is for."""

    scopes = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        help_text="Writing does not include reading. * stands for every room.",
    )
    days = forms.IntegerField(min_value=1, max_value=MOST_DAYS, initial=DEFAULT_DAYS)

    class Meta:
        model = ApiKey
        fields = ("name", "role", "scopes")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        scopes: Any = self.fields["scopes"]
        scopes.choices = _by_room(known_scopes())


def _by_room(scopes: Iterable[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Answer the scopes as groups to tick, a room each; what is of every room comes first."""
    rooms = groupby(sorted(scopes), key=lambda scope: scope.partition(":")[0])
    named = (("every room" if room == "*" else room, list(some)) for room, some in rooms)
    return [(name, [(scope, scope) for scope in some]) for name, some in named]


@admin.register(ApiKey)
class ApiKeyAdmin(VerbAdmin):
    """The tenant's keys: issued, rotated and revoked here, changed nowhere."""

    form = KeyForm
    list_display = ("name", "public_id", "state", "role", "scopes", "expires_at", "last_used_at")
    list_filter = ("role",)
    search_fields = ("name", "public_id", "created_by")
    ordering = ("-created_at",)
    fields = (
        *("name", "public_id", "state", "role", "scopes", "created_by", "created_at"),
        *("expires_at", "last_used_at", "revoked_at", "rotated_to"),
    )
    actions = ("revoke", "rotate")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for little, show much."""
        return self.fields if obj else ("name", "role", "scopes", "days")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes what a key may: issue another."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes a key: the audit trail points at it."""
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """Wait: the key is issued where it is shown."""

    def response_add(self, request: HttpRequest, obj: Any, *args: Any, **options: Any) -> Any:
        """Issue the key as the form says, which is checked, and show it."""
        asked = {"name": obj.name, "role": obj.role, "scopes": obj.scopes}
        issued = issue_key(**asked, days=int(request.POST["days"]), actor=request.user)
        return self._shown_once(request, issued)

    @admin.action(description="Revoke…", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> HttpResponse | None:
        """End keys."""
        told = "The next request with one of them is refused. There is no way back."
        if asked := ask_first(self, request, rows=queryset, title="Revoke keys", told=told):
            return asked
        for key in queryset:
            revoke_key(key, actor=request.user)
        self.message_user(request, "Revoked: the next request with it is refused.")
        return None

    @admin.action(description="Rotate one: the old key lives a day more", permissions=["add"])
    def rotate(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> HttpResponse | None:
        """Show a new key in place of the one that is ticked."""
        try:
            return self._shown_once(request, rotate_key(queryset.get(), actor=request.user))
        except ApiKey.MultipleObjectsReturned:
            self.message_user(request, "Tick one key.", messages.ERROR)
        except EvalsiteError as error:
            self.message_user(request, str(error), messages.ERROR)
        return None

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whoever may delete keys may end them."""
        return bool(request.user.has_perm("keys.delete_apikey"))

    def _shown_once(self, request: HttpRequest, issued: Issued) -> HttpResponse:
        """Answer the page with the key: not a message, which would be kept in a session."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"The key {issued.key.name}",
            "key": issued.key,
            "token": issued.token.get_secret_value(),
        }
        response = TemplateResponse(request, "admin/keys/issued.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @admin.display
    def state(self, key: ApiKey) -> str:
        """How the key stands."""
        return state_of(key)
