"""Import a file of cases: see first what it would change, then do exactly that; and export."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse

from evalsite.cases.models import Suite
from evalsite.cases.queries import require_version
from evalsite.errors import EvalsiteError
from evalsite.exchange.dry_run import (
    MOST_SHOWN,
    StagedImport,
    SuiteMoved,
    dry_run,
    formats_for,
    import_staged,
)
from evalsite.exchange.write_cases import export_cases, sent_in_scope
from evalsite.web.frame.page import page
from evalsite.web.import_form import ImportForm


@page("cases", "change")
def take(request: HttpRequest, suite: str) -> HttpResponse:
    """Take a file, show what it would change, and import it when that is wanted."""
    found = get_object_or_404(Suite, name=suite)
    if "confirmed" in request.POST:
        return _import(request, found)
    if request.method == "POST":
        return _stage(request, found)
    file = _staged(request.GET, suite=found)
    if file is None:
        return _form(request, found, form=ImportForm(found))
    return _try(request, found, file=file)


@page("cases")
def export(request: HttpRequest, suite: str) -> HttpResponse:
    """Send a version's cases in every state as JSON lines."""
    found = get_object_or_404(Suite, name=suite)
    asked = request.GET.get("version", "")
    version = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else None
    require_version(found, version)
    lines = export_cases(found, version=version, actor=request.user)
    name = found.name if version is None else f"{found.name}-v{version}"
    sent: Any = StreamingHttpResponse(
        sent_in_scope(lines),
        content_type="application/x-ndjson",
        headers={"Content-Disposition": f'attachment; filename="{name}.jsonl"'},
    )
    answer: HttpResponse = sent
    return answer


def _stage(request: HttpRequest, suite: Suite) -> HttpResponse:
    form = ImportForm(suite, request.POST, request.FILES)
    if not form.is_valid():
        return _form(request, suite, form=form, status=422)
    return redirect(_shown_at(suite, form.staged, name=form.name()))


def _try(request: HttpRequest, suite: Suite, *, file: StagedImport) -> HttpResponse:
    context: dict[str, Any] = {"suite": suite, "file": file, "name": request.GET.get("name", "")}
    try:
        tried = dry_run(file, suite=suite, actor=request.user)
    except EvalsiteError as error:
        context |= {"error": error, "lines": getattr(error, "lines", ())}
        return render(request, "web/import_refused.html", context, status=error.http_status)
    context |= {"tried": tried, "done": tried.done, "lines": tried.done.first_bad}
    context |= {"most": MOST_SHOWN}
    return render(request, "web/import_try.html", context)


def _import(request: HttpRequest, suite: Suite) -> HttpResponse:
    file = _staged(request.POST, suite=suite)
    seen = request.POST.get("version", "")
    if file is None or not (seen.isascii() and seen.isdigit() and len(seen) < 10):
        return redirect("import", suite=suite.name)
    try:
        done = import_staged(
            file,
            suite=suite,
            seen_version=int(seen),
            skip_bad="skip_bad" in request.POST,
            actor=request.user,
            note=request.POST.get("note", "").replace("\0", ""),
        ).cases
    except SuiteMoved as error:
        messages.warning(request, f"Nothing was imported: {error.message}. Look again.")
        return redirect(_shown_at(suite, file, name=request.POST.get("name", "")))
    told = f"{done.new} cases added, {done.changed} changed, {done.unchanged} as they were"
    messages.success(request, f"{told}: {suite} is at version {done.version}.")
    return redirect(f"{reverse('cases', args=[suite.name])}?changed={int(seen)}")


def _form(
    request: HttpRequest, suite: Suite, *, form: ImportForm, status: int = 200
) -> HttpResponse:
    return render(request, "web/import.html", {"suite": suite, "form": form}, status=status)


def _staged(asked: Any, *, suite: Suite) -> StagedImport | None:
    """Read which staged file is meant; None where none is, or in a format that does not fit."""
    given = {name: asked.get(name, "") for name in ("file", "format", "companion")}
    fits = given["format"] in {known.name for known in formats_for(suite)}
    return StagedImport(**given) if given["file"] and fits else None


def _shown_at(suite: Suite, file: StagedImport, *, name: str) -> str:
    asked = {"file": file.file, "format": file.format, "companion": file.companion, "name": name}
    query = urlencode({key: value for key, value in asked.items() if value})
    return f"{reverse('import', args=[suite.name])}?{query}"


urlpatterns = [
    path("suites/<slug:suite>/import/", take, name="import"),
    path("suites/<slug:suite>/export/", export, name="export"),
]
