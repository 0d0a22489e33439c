"""The audit trail's pages, and the base of every admin page of a tenant."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model
from django.forms import ModelForm, model_to_dict
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from evalsite.audit.big_lists import MOST, Bounded, Recent
from evalsite.audit.changes import change
from evalsite.audit.models import Entry, Link
from evalsite.audit.record import record
from evalsite.errors import EvalsiteError
from judges.protocol import VerdictError


class TenantForm(ModelForm):  # type: ignore[type-arg]
    """Checks unique keys with the tenant, which Django leaves out as it is not in the form."""

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() - {"tenant"}  # type: ignore[misc, no-any-return]


class CheckedForm(TenantForm):
    """Refuses what the room's own check would, before anything is saved."""

    # Objects that a form may leave blank.
    objects: ClassVar[frozenset[str]] = frozenset({"options", "selection"})

    def check(self, row: Model) -> None:
        """Raise EvalsiteError or VerdictError for a row that could not work."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        """Check the row as a whole."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        for field in self.objects & given.keys():
            given[field] = given[field] or {}
        if not self.errors:
            try:
                self.check(self._meta.model(**given))
            except (EvalsiteError, VerdictError) as error:
                self.add_error(None, ValidationError(str(error)))
        return given


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
    """A tenant's rows: changes go to the audit trail, never to Django's shared log.

    Every row of another model is picked by searching. A row that has a page of its own leads
    there. `linked_by` are the lookups that other pages link here by.
    """

    form = TenantForm
    show_full_result_count = False
    show_facets = admin.ShowFacets.ALWAYS
    list_per_page = 50
    linked_by: tuple[str, ...] = ()

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        """Answer every row of another model that can be searched for."""
        every: Iterable[Any] = self.opts.get_fields()
        fields = (f for f in every if f.many_to_one and f.concrete)
        others = ((f.name, self.admin_site._registry.get(f.related_model)) for f in fields)
        return [name for name, other in others if other is not None and other.search_fields]

    def get_list_display(self, request: HttpRequest) -> Any:
        """Add a way to the row's own page."""
        shown = tuple(super().get_list_display(request))
        has_page = hasattr(self.model, "get_absolute_url") and "page" not in shown
        return (*shown, "page") if has_page else shown

    @admin.display(description="page")
    def page(self, obj: Any) -> str:
        """Link to where people look at it."""
        return format_html('<a href="{}">open</a>', obj.get_absolute_url())

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        """Answer the row's own page, which is of this site and of the same tenant."""
        return obj.get_absolute_url() if hasattr(obj, "get_absolute_url") else None

    def lookup_allowed(
        self, lookup: str, value: object, request: HttpRequest | None = None
    ) -> bool:
        """Let other pages link here."""
        return lookup in self.linked_by or super().lookup_allowed(lookup, str(value), request)  # type: ignore[arg-type]

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **options: Any) -> Any:
        """Give the fields that are searched their widget."""
        if db_field.name in self.get_autocomplete_fields(request):
            options["widget"] = Picker(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Answer both sides of a change, in place of Django's words for its own log."""
        before = {} if add else {name: form.initial.get(name) for name in form.changed_data}
        return change(before, {name: _plain(form.cleaned_data[name]) for name in form.changed_data})

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Record that a row was added, and with what."""
        return _record(obj, "added", actor=request.user, **message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Record that a row was changed, and how."""
        return _record(obj, "changed", actor=request.user, **message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Record that rows were deleted, and what they were."""
        return [
            _record(obj, "deleted", actor=request.user, before=model_to_dict(obj))
            for obj in queryset
        ]


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


class BigAdmin(ReadOnlyAdmin):
    """Rows by the million, the newest first: nothing here counts, sorts or sums up all of them."""

    paginator = Bounded
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    ordering = ("-pk",)
    search_help_text = f"The newest {MOST:,}; a filter or a whole key finds the others."


def _record(obj: Model, verb: str, *, actor: object, **sides: Any) -> Entry:
    return record(f"{obj._meta.model_name}.{verb}", obj, actor=actor, **sides)


def _plain(value: Any) -> Any:
    return value.pk if isinstance(value, Model) else value


def _pretty(told: Any) -> str:
    """Answer JSON as a person reads it; what is in it cannot be markup."""
    text = json.dumps(told, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False, sort_keys=True)
    return format_html("<pre>{}</pre>", text) if told else "-"


@admin.register(Entry)
class EntryAdmin(BigAdmin):
    """The tenant's audit trail."""

    list_display = ("at", "actor", "role", "action", "subject")
    list_filter = ("recorded_at", "actor_kind", ("role", Recent), ("action", Recent))
    search_fields = ("actor", "action", "subject", "=subject_id", "=request_id")
    search_help_text = "Who, what, to what; the whole id of a subject or a request."
    fields = (
        *("at", "actor", "actor_kind", "role", "request_id"),
        *("action", "subject", "subject_id", "was", "became", "more", "place"),
    )

    @admin.display(description="recorded at", ordering="recorded_at")
    def at(self, entry: Entry) -> str:
        """Show the second, which Django's own form of a time leaves out."""
        return f"{timezone.localtime(entry.recorded_at):%Y-%m-%d %H:%M:%S}"

    @admin.display(description="before")
    def was(self, entry: Entry) -> str:
        """Show what was changed as it was."""
        return _pretty(entry.before)

    @admin.display(description="after")
    def became(self, entry: Entry) -> str:
        """Show what was changed as it became."""
        return _pretty(entry.after)

    @admin.display(description="details")
    def more(self, entry: Entry) -> str:
        """Show what else was told."""
        return _pretty(entry.details)

    @admin.display(description="place in the chain")
    def place(self, entry: Entry) -> str:
        """Show number and hash, as verifyaudit tells them."""
        return str(Link.objects.filter(pk=entry.pk).first() or "-")
