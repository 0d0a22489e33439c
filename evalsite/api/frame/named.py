"""Find what a body names by its id or its name."""

from __future__ import annotations

from evalsite.cases.models import Suite
from evalsite.cases.queries import find_suite
from evalsite.ids import uuid_of
from evalsite.targets.models import Run, Target
from evalsite.targets.queries import find_run, find_target


def suite_of(text: str) -> Suite:
    """Answer the suite of that id or name; raises SuiteUnknown."""
    found = Suite.objects.filter(pk=key).first() if (key := uuid_of(text)) else None
    return found or find_suite(text)


def run_of(text: str) -> Run:
    """Answer the run of that id or name, with its target; raises RunUnknown."""
    runs = Run.objects.select_related("target")
    found = runs.filter(pk=key).first() if (key := uuid_of(text)) else None
    return found or find_run(text)


def target_of(text: str) -> Target:
    """Answer the target of that id or name; raises TargetUnknown."""
    found = Target.objects.filter(pk=key).first() if (key := uuid_of(text)) else None
    return found or find_target(text)
