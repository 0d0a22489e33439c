"""The annotation queues: how far each is, a new one, and their labels as a file."""

from __future__ import annotations

import csv
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from evalsite.batches.models import Batch
from evalsite.calibration.draw import QueueEmpty, QueueInvalid, draw
from evalsite.calibration.models import Queue
from evalsite.calibration.progress import progress_of
from evalsite.calibration.queries import labels_of_queue
from evalsite.ids import uuid_of
from evalsite.spreadsheet import neutral
from evalsite.web.frame.page import may, page
from evalsite.web.frame.paging import page_of
from evalsite.web.queue_form import QueueForm

SIZE = 25
_MOST_BATCHES = 50
_COLUMNS = (
    *("case", "repetition", "stage", "passed", "author", "note", "is_blind", "is_drawn"),
    *("created_at", "withdrawn_at"),
)


@page("calibration")
def listed(request: HttpRequest) -> HttpResponse:
    """Show the tenant's queues, newest first, with their progress."""
    queues = Queue.objects.select_related("batch__suite", "batch__run").defer("batch__manifest")
    order = ("-created_at", "-pk")
    shown = page_of(queues, order=order, after=request.GET.get("after", ""), size=SIZE)
    progress = progress_of(shown.rows, who=str(request.user))
    rows = [(queue, progress[queue.pk]) for queue in shown.rows]
    context = {
        "rows": rows,
        "next": shown.next,
        "open": sum(not at.is_done for _, at in rows),
        "may_label": may(request, verb="add", room="calibration"),
    }
    return render(request, "web/labels.html", context)


@page("calibration", "add")
def new(request: HttpRequest) -> HttpResponse:
    """Draw a queue from a batch, which is chosen first."""
    chosen = request.GET.get("batch", "")
    batches = Batch.objects.select_related("suite", "run")
    if not chosen:
        recent = batches.defer("manifest").order_by("-created_at", "-pk")[:_MOST_BATCHES]
        return render(request, "web/labels_batch.html", {"batches": recent})
    batch = get_object_or_404(batches, pk=uuid_of(chosen))
    form = QueueForm(batch, request.POST or None)
    if form.is_valid():
        try:
            queue = draw(batch, **form.cleaned_data, actor=request.user)
        except (QueueInvalid, QueueEmpty) as error:
            form.add_error(None, f"{error.message}: {error.hint}")
        else:
            messages.success(request, f"Queue {queue}: {queue.items.count()} cases are drawn.")
            return redirect("labels")
    context = {"form": form, "batch": batch}
    return render(request, "web/labels_new.html", context, status=422 if form.errors else 200)


@page("calibration")
def exported(request: HttpRequest, queue_id: UUID) -> HttpResponse:
    """Send all labels of a queue as CSV, withdrawn ones among them."""
    queue = get_object_or_404(Queue, pk=queue_id)
    file = HttpResponse(content_type="text/csv; charset=utf-8")
    file["Content-Disposition"] = f'attachment; filename="labels-{queue.pk}.csv"'
    write = csv.writer(file)
    write.writerow(_COLUMNS)
    for label in labels_of_queue(queue):
        told = {**vars(label), "case": label.revision.case.key}
        write.writerow([neutral(_written(told[name])) for name in _COLUMNS])
    return file


def _written(value: object) -> str:
    return "" if value is None else str(value)


urlpatterns = [
    path("labels/", listed, name="labels"),
    path("labels/new/", new, name="labels-new"),
    path("labels/<uuid:queue_id>/labels.csv", exported, name="labels-export"),
]
