"""The audit trail's pages, and the base of every admin page of a tenant."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest

from evalsite.audit.models import Entry
from evalsite.audit.record import record


class TenantForm(ModelForm):  # type: ignore[type-arg]
    """Checks unique keys with the tenant, which Django leaves out as it is not in the form."""

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() - {"tenant"}  # type: ignore[misc, no-any-return]


class Picker(AutocompleteSelect):
    """Chooses nothing where the page was asked for with what is no id."""

    def format_value(self, value: Any) -> list[str]:
        """Answer the ids that are chosen."""
        return [text for text in super().format_value(value) if self._is_id(text)]

    def _is_id(self, text: str) -> bool:
        try:
            self.field.target_field.to_python(text)
        except ValidationError:
            return False
        return True


class TenantAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A tenant's rows: changes go to the audit trail, never to Django's shared log."""

    form = TenantForm
    show_full_result_count = False

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **options: Any) -> Any:
        """Give the fields that are searched their widget."""
        if db_field.name in self.get_autocomplete_fields(request):
            options["widget"] = Picker(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Record that a row was added."""
        return _record(obj, "added", actor=request.user)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Record that a row was changed, naming the fields."""
        return _record(obj, "changed", actor=request.user, fields=_changed_fields(message))

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Record that rows were deleted."""
        return [_record(obj, "deleted", actor=request.user) for obj in queryset]


class ReadOnlyAdmin(TenantAdmin):
    """Rows that only the pipeline writes: looked at here, changed nowhere."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes."""
        return False


def _record(obj: Model, verb: str, *, actor: object, **details: Any) -> Entry:
    return record(f"{obj._meta.model_name}.{verb}", obj, actor=actor, id=str(obj.pk), **details)


def _changed_fields(message: Any) -> list[str]:
    if not isinstance(message, list):
        return []
    return [str(field) for item in message for field in item.get("changed", {}).get("fields", [])]


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    """The tenant's audit trail."""

    list_display = ("recorded_at", "actor", "action", "subject")
    list_filter = ("action",)
    search_fields = ("actor", "subject")
    ordering = ("-recorded_at",)
    date_hierarchy = "recorded_at"
