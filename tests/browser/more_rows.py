"""Rows of pages that the demo leaves empty, for the tenant in scope."""

from __future__ import annotations

from django.utils import timezone

from evalsite.alerts.models import Alert
from evalsite.batches.models import Batch
from evalsite.calibration.draw import draw
from evalsite.calibration.label import Labelled, put
from evalsite.calibration.models import LabelSource, Queue
from evalsite.experiments.declare import declaration_of
from evalsite.experiments.models import Experiment
from evalsite.gates.models import GateCheck
from evalsite.people.models import Invitation
from evalsite.people.queries import digest_of as invitation_digest
from evalsite.regressions.models import Comparison
from evalsite.schedules.models import Schedule
from evalsite.shares.queries import digest_of as share_digest
from tests.factories import (
    make_alert,
    make_arm,
    make_batch,
    make_decision,
    make_experiment,
    make_gate_check,
)
from tests.schedule_rows import make_schedule, make_tick
from tests.tenant_rows import make_invitation, make_share

INVITATION = "an-invitation"
SHARE = "a-shared-page"


def newest() -> Comparison:
    """Answer the own comparison that was made last."""
    return Comparison.objects.filter(is_own=True).latest("created_at")


def fill_up() -> None:
    """Make what is missing; once more makes nothing."""
    if not GateCheck.objects.exists():
        make_gate_check(comparison=newest())
    if not Experiment.objects.exists():
        experiment = make_experiment(suite=newest().batch.suite)
        make_arm(experiment=experiment, batch=newest().batch)
        make_decision(experiment=experiment, declaration=declaration_of(experiment))
    if not Alert.objects.exists():
        make_alert()
    if not Batch.objects.filter(state="paused").exists():
        make_batch(suite=newest().batch.suite, run=newest().batch.run, state="paused")
    if not Schedule.objects.exists():
        _schedule()
    if not Queue.objects.exists():
        _label()
    if not Invitation.objects.exists():
        make_invitation(digest=invitation_digest(INVITATION))
        make_share(subject_id=newest().pk, digest=share_digest(SHARE))


def _schedule() -> None:
    """A schedule whose last tick was refused, and the one before scored the newest batch."""
    batch = newest().batch
    fields = {"suite": batch.suite, "target": batch.run.target, "next_at": timezone.now()}
    schedule = make_schedule(crontab="30 6 * * 1-5", time_zone="Europe/Berlin", **fields)
    make_tick(schedule=schedule, state="started", batch=batch)
    make_tick(schedule=schedule, state="refused", code="nothing_selected", reason="no active case")


def _label() -> None:
    """Draw a queue of one stage of the newest batch, and say what a person thinks of half of it."""
    batch = newest().batch
    stage = batch.manifest["stages"][-1]["name"]
    queue = draw(batch, name="weekly sample", size=20, stage=stage, seed=7)
    for item in queue.items.filter(number__lt=10):
        labelled = Labelled(batch.pk, item.revision_id, item.repetition)
        passed = item.number % 3 != 0
        put(labelled, passed=passed, author="ann", source=LabelSource.QUEUE, stage=stage)
