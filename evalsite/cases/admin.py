"""Where a curator looks after suites and cases. All saving goes through `curate`."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from evalsite.audit.admin import TenantAdmin
from evalsite.audit.big_lists import Bounded, Recent
from evalsite.cases.admin_bulk import ACTIONS
from evalsite.cases.curate import CaseChanged, CaseExists, create_suite, describe_suite, save_case
from evalsite.cases.forms import CaseForm, SuiteForm
from evalsite.cases.models import CaseState, Suite, TestCase
from evalsite.cases.pretty import changes
from evalsite.cases.queries import history, tags_in_use


class CuratedAdmin(TenantAdmin):
    """Rows that are never deleted and whose changes `curate` puts on the audit trail itself."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes: batches that were run point here. Cases are retired instead."""
        return False

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave it to `curate`."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave it to `curate`."""


@admin.register(Suite)
class SuiteAdmin(CuratedAdmin):
    """The tenant's suites, with how many cases each has."""

    form = SuiteForm
    list_display = ("name", "pack", "version", "active", "draft", "retired", "cases")
    list_filter = ("pack",)
    search_fields = ("name", "description")
    ordering = ("name",)
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Suite]:
        """Fetch the counts with the suites."""
        suites: QuerySet[Suite] = super().get_queryset(request)
        return suites.annotate(**{f"n_{state}": _count(state) for state in CaseState})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep name and pack, once there are cases that rest on them."""
        return ("name", "pack", "version", "created_at") if obj else ()

    def save_model(self, request: HttpRequest, obj: Suite, form: Any, change: bool) -> None:
        """Save through `curate`."""
        if change:
            describe_suite(
                obj,
                description=obj.description,
                cluster_key=obj.cluster_key,
                actor=request.user,
            )
        else:
            made = create_suite(
                name=obj.name,
                pack=obj.pack,
                description=obj.description,
                cluster_key=obj.cluster_key,
                actor=request.user,
            )
            obj.__dict__.update(made.__dict__)

    @admin.display(ordering="n_active")
    def active(self, suite: Any) -> int:
        """Cases that are scored."""
        return int(suite.n_active or 0)

    @admin.display(ordering="n_draft")
    def draft(self, suite: Any) -> int:
        """Cases that are not ready."""
        return int(suite.n_draft or 0)

    @admin.display(ordering="n_retired")
    def retired(self, suite: Any) -> int:
        """Cases that are not scored any more."""
        return int(suite.n_retired or 0)

    @admin.display(description="list")
    def cases(self, suite: Suite) -> str:
        """Link to the suite's cases."""
        url = reverse("admin:cases_testcase_changelist")
        return format_html('<a href="{}?suite__id__exact={}">cases</a>', url, suite.pk)


class TagFilter(admin.SimpleListFilter):
    """Cases with one tag."""

    title = "tag"
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer the tags in use."""
        return [(tag, tag) for tag in tags_in_use()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the cases with the tag chosen."""
        return queryset.filter(tags__contains=[self.value()]) if self.value() else queryset


@admin.register(TestCase)
class TestCaseAdmin(CuratedAdmin):
    """The tenant's cases: edited, retired, tagged; each change is a revision."""

    __test__ = False  # pytest: this is no test class
    form = CaseForm
    list_display = ("key", "suite", "state", "category", "complexity", "tag_list", "updated_at")
    list_filter = ("state", "suite", ("category", Recent), "complexity", TagFilter)
    show_facets = admin.ShowFacets.ALLOW
    paginator = Bounded
    linked_by = ("suite__id__exact",)
    list_select_related = ("suite",)
    search_fields = ("key", "category", "subcategory")
    search_help_text = "Key or category"
    ordering = ("suite", "key")
    actions = ACTIONS
    fieldsets = (
        (None, {"fields": ("suite", "key", ("state", "complexity"), ("category", "subcategory"))}),
        (None, {"fields": ("tags", "input", "expected", "metadata", "note", "based_on")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep suite and key: outputs and scorecards are paired by them."""
        return ("suite", "key") if obj else ()

    def save_model(self, request: HttpRequest, obj: TestCase, form: Any, change: bool) -> None:
        """Save through `curate`."""
        saved = save_case(
            form.suite(),
            form.case_fields(),
            based_on=form.cleaned_data["based_on"],
            actor=request.user,
            note=form.cleaned_data["note"],
        )
        obj.__dict__.update(saved.__dict__)

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """Show the page again when somebody else was quicker."""
        try:
            return super().changeform_view(request, *args, **options)
        except (CaseChanged, CaseExists) as error:
            messages.error(request, f"Not saved: {error.message}. {error.hint.capitalize()}.")
            return HttpResponseRedirect(request.path)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """Show every revision and what it changed."""
        case: Any = self.get_object(request, object_id)
        if case is None:
            raise Http404("no such case")
        if not self.has_view_or_change_permission(request, case):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {case}",
            "opts": self.opts,
            "object": case,
            "changes": changes(history(case)),
        }
        return TemplateResponse(request, "admin/cases/testcase/history.html", context)

    @admin.display(description="tags")
    def tag_list(self, case: TestCase) -> str:
        """Show the tags in one line."""
        return "; ".join(case.tags)


def _count(state: str) -> Subquery:
    cases = TestCase.objects.filter(suite=OuterRef("pk"), state=state).order_by()
    return Subquery(cases.values("suite").annotate(n=Count("pk")).values("n"))
