"""Change what an open run says about itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from evalsite.audit.changes import change
from evalsite.audit.record import record
from evalsite.targets.complete import OPEN, RunNotOpen
from evalsite.targets.models import Run


def describe_run(run: Run, *, metadata: Mapping[str, Any], actor: object = "") -> None:
    """Replace a run's metadata while it is open; raises RunNotOpen."""
    if run.status not in OPEN:
        raise RunNotOpen(f"run {run} is {run.status}")
    before, run.metadata = run.metadata, dict(metadata)
    with transaction.atomic():
        run.save(update_fields=["metadata"])
        sides = change({"metadata": before}, {"metadata": run.metadata})
        record("run.changed", run, actor=actor, **sides)
