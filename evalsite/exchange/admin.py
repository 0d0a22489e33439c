"""Import and export on a suite's own page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from evalsite.cases.admin import SuiteAdmin
from evalsite.cases.models import Suite
from evalsite.errors import EvalsiteError
from evalsite.exchange.case_files import Imported, form_of, import_case_file
from evalsite.exchange.open_file import FileRefused
from evalsite.exchange.trial import trial
from evalsite.exchange.upload import CaseUpload, ConfirmForm, UploadForm
from evalsite.exchange.write_cases import export_cases
from evalsite.tenants.scope import require, tenant

admin.site.unregister(Suite)


@admin.register(Suite)
class ExchangingSuiteAdmin(SuiteAdmin):
    """The suites of `cases.admin`, plus their files."""

    def get_urls(self) -> list[URLPattern]:
        """Add the pages that move files."""
        wrap = self.admin_site.admin_view
        return [
            path("<uuid:pk>/import/", wrap(self.import_view), name="cases_suite_import"),
            path("<uuid:pk>/export/", wrap(self.export_view), name="cases_suite_export"),
            *super().get_urls(),
        ]

    def import_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Take a file, show what it would change, and import it when that is confirmed."""
        suite = get_object_or_404(Suite, pk=pk)
        if not self.has_change_permission(request, suite):
            raise PermissionDenied
        try:
            if "confirmed" in request.POST:
                return self._import(request, suite)
            return self._try(request, suite)
        except EvalsiteError as error:
            return self._page(request, suite=suite, form=UploadForm(), fault=str(error))

    def export_view(self, request: HttpRequest, pk: Any) -> HttpResponseBase:
        """Send the suite's newest version as JSON lines."""
        suite = get_object_or_404(Suite, pk=pk)
        if not self.has_view_permission(request, suite):
            raise PermissionDenied
        return StreamingHttpResponse(
            _in_scope(export_cases(suite, actor=request.user)),
            content_type="application/x-ndjson",
            headers={"Content-Disposition": f'attachment; filename="{suite.name}.jsonl"'},
        )

    def _try(self, request: HttpRequest, suite: Suite) -> HttpResponse:
        form = UploadForm(request.POST or None, request.FILES or None)
        if not form.is_valid():
            return self._page(request, suite=suite, form=form)
        upload: CaseUpload = form.cleaned_data["file"]
        with trial(dry_run=True):
            done = _import_good(upload, suite=suite, request=request)
        return self._page(
            request,
            suite=suite,
            form=ConfirmForm.of(upload),
            done=done,
            file_name=upload.name,
        )

    def _import(self, request: HttpRequest, suite: Suite) -> HttpResponse:
        form = ConfirmForm(request.POST)
        if not form.is_valid():
            raise FileRefused("the page lost the file", hint="upload it again")
        note = form.cleaned_data["note"]
        done = _import_good(form.upload(), suite=suite, request=request, note=note).cases
        messages.success(
            request, f"{done.new} cases added, {done.changed} changed: version {done.version}."
        )
        return HttpResponseRedirect(reverse("admin:cases_suite_change", args=[suite.pk]))

    def _page(self, request: HttpRequest, **context: Any) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "title": "Import cases"}
        return TemplateResponse(
            request, "admin/cases/suite/import.html", {**shared, "opts": self.opts, **context}
        )


def _import_good(
    upload: CaseUpload, *, suite: Suite, request: HttpRequest, note: str = ""
) -> Imported:
    return import_case_file(
        upload.stream(),
        suite=suite,
        form=form_of(upload.name),
        skip_bad=True,
        actor=request.user,
        note=note,
    )


def _in_scope(lines: Iterator[str]) -> Iterator[str]:
    """Stream lines after the request's own scope has closed."""
    tenant_id = require()

    def sent() -> Iterator[str]:
        with tenant(tenant_id):
            for line in lines:
                yield f"{line}\n"

    return sent()
