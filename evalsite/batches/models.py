"""A batch, the steps it goes through, and the chunks that a step is cut into."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from evalsite.cases.models import Suite
from evalsite.clock import CreatedAt
from evalsite.targets.models import Run
from evalsite.tenants.models import SameTenant, TenantKey, TenantModel, TenantWall, belongs_to


def _money(**options: Any) -> models.DecimalField[Any, Any]:
    """US dollars: a call may cost a millionth."""
    return models.DecimalField(max_digits=18, decimal_places=9, **options)


class BatchState(models.TextChoices):
    """Where a batch stands; all but a running one wait for somebody to let them go on.

    A `paused` batch has met a money cap or a broken endpoint; what is scored stays.
    """

    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class Preflight(models.TextChoices):
    """Whether the judges that ask models have shown, before, that they cannot be talked over."""

    NOT_NEEDED = "not_needed"
    DUE = "due"
    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"
    NOT_CHECKED = "not_checked"


class Priority(models.TextChoices):
    """Whose chunks go first: those that somebody waits for, before what may take its time."""

    INTERACTIVE = "interactive"
    BULK = "bulk"


class Batch(TenantModel):
    """One evaluation of one run over one suite version by one pack."""

    suite = belongs_to(Suite)
    suite_version = models.PositiveIntegerField()
    run = belongs_to(Run)
    pack = models.CharField(max_length=100)
    options = models.JSONField(default=dict, help_text="The pack's options, as they were given.")
    manifest = models.JSONField(help_text="Pack, stages and judges as frozen when planned.")
    selection = models.JSONField(default=dict, help_text="Which cases of the suite were asked for.")
    repetitions = models.PositiveSmallIntegerField(default=1)
    n_cases = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=BatchState, default=BatchState.RUNNING)
    priority = models.CharField(
        max_length=11,
        choices=Priority,
        default=Priority.BULK,
        db_default=Priority.BULK,
        help_text="Interactive ones are sent before bulk.",
    )
    epoch = models.PositiveIntegerField(default=1, help_text="Grows with each resume and retry.")
    paused_code = models.CharField(max_length=100, blank=True)
    paused_reason = models.TextField(blank=True)
    use_cache = models.BooleanField(default=True, help_text="Take replies that are known.")
    max_cost_usd = _money(null=True, help_text="No call is made that could pass it; null: no cap.")
    spent_usd = _money(default=0)
    booked_usd = _money(default=0, help_text="Possibly spent: calls under way, or lost.")
    n_calls = models.PositiveIntegerField(default=0, help_text="Model calls that were made.")
    n_unpriced = models.PositiveIntegerField(default=0, help_text="Calls of unknown price.")
    n_cached = models.PositiveIntegerField(default=0, help_text="Replies that were known.")
    preflight = models.CharField(max_length=12, choices=Preflight, default=Preflight.NOT_NEEDED)
    preflight_notes = models.JSONField(default=list, help_text="What it found, in words.")
    request_key = models.CharField(
        max_length=64,
        blank=True,
        default="",
        help_text="Who asks for the same again gets this one.",
    )
    order_seed = models.BigIntegerField(
        null=True, help_text="Draws the order in which cases are scored; null: by key."
    )
    origin = models.JSONField(default=dict, help_text="The request and the trace it goes back to.")
    created_by = models.CharField(max_length=200, blank=True)
    created_at = CreatedAt()
    finished_at = models.DateTimeField(null=True)
    texts_purged_at = models.DateTimeField(
        null=True, editable=False, help_text="When its judges' texts were purged."
    )
    cards_purged_at = models.DateTimeField(
        null=True, editable=False, help_text="When its scorecards were purged."
    )

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(lookup=("id", "tenant_id", "state", "priority", "created_at")),
            TenantKey(),
            SameTenant("suite"),
            SameTenant("run"),
            models.UniqueConstraint(
                fields=["tenant", "request_key"],
                condition=~Q(request_key=""),
                name="batches_batch_request",
            ),
            models.CheckConstraint(
                condition=Q(state__in=BatchState.values), name="batches_batch_state"
            ),
            models.CheckConstraint(
                condition=Q(preflight__in=Preflight.values), name="batches_batch_preflight"
            ),
            models.CheckConstraint(
                condition=Q(priority__in=Priority.values), name="batches_batch_priority"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "suite", "-created_at"], name="batches_batch_recent"),
            models.Index(
                fields=["tenant", "created_at"],
                condition=Q(state="running"),
                name="batches_batch_running",
            ),
            models.Index(
                fields=["tenant", "created_at"],
                condition=Q(state="paused"),
                name="batches_batch_paused",
            ),
            # Monitoring counts them at each scrape.
            models.Index(fields=["tenant", "state"], name="batches_batch_state_counted"),
        ]
        verbose_name_plural = "batches"

    def __str__(self) -> str:
        return str(self.pk)

    def get_absolute_url(self) -> str:
        """Answer the address of its page."""
        return reverse("batch", args=[self.pk])


class StepState(models.TextChoices):
    """A step is done when no chunk of it is left."""

    RUNNING = "running"
    DONE = "done"


class Step(TenantModel):
    """Adjacent stages of one lane, scored in one pass. A retry of cases is a round of its own."""

    batch = belongs_to(Batch)
    round = models.PositiveIntegerField(default=0)
    number = models.PositiveSmallIntegerField()
    lane = models.CharField(max_length=10)
    stages = ArrayField(models.CharField(max_length=100))
    state = models.CharField(max_length=10, choices=StepState, default=StepState.RUNNING)
    n_cases = models.PositiveIntegerField()
    n_chunks = models.PositiveIntegerField()
    remaining = models.PositiveIntegerField(help_text="Chunks that are not finished.")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    finished_by = models.CharField(max_length=10, blank=True, help_text="chord, outbox or sweep")
    case_ms = models.FloatField(null=True, help_text="Measured cost of a case in milliseconds.")
    chunk_ms = models.FloatField(null=True, help_text="For how long a chunk had a slot of late.")
    n_waves = models.PositiveIntegerField(db_default=0, help_text="Sent to the broker so far.")

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(lookup=("id", "tenant_id", "batch_id", "lane", "state", "chunk_ms")),
            TenantKey(),
            SameTenant("batch"),
            models.UniqueConstraint(
                fields=["tenant", "batch", "round", "number"], name="batches_step_number"
            ),
            models.CheckConstraint(
                condition=Q(remaining__lte=F("n_chunks")), name="batches_step_remaining"
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "finished_at"],
                condition=Q(finished_at__isnull=False),
                name="batches_step_finished",
            )
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} step {self.round}.{self.number}"


class ChunkState(models.TextChoices):
    """A failed chunk killed its workers too often; its cases are errored, not lost."""

    PENDING = "pending"
    LEASED = "leased"
    DONE = "done"
    FAILED = "failed"


class Chunk(TenantModel):
    """The cases that one task scores. `attempt` is the fence: an older attempt writes nothing."""

    step = belongs_to(Step)
    number = models.PositiveIntegerField()
    revisions = ArrayField(models.UUIDField())
    n_cases = models.PositiveIntegerField()
    n_written = models.PositiveIntegerField(
        db_default=0, help_text="Results written before the chunk was finished."
    )
    state = models.CharField(max_length=10, choices=ChunkState, default=ChunkState.PENDING)
    attempt = models.PositiveIntegerField(default=0)
    lease_owner = models.CharField(max_length=200, blank=True)
    lease_until = models.DateTimeField(null=True)
    wave = models.PositiveIntegerField(null=True, help_text="Null until it is sent to the broker.")
    dispatched_at = models.DateTimeField(null=True)
    elapsed_ms = models.FloatField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(lookup=("tenant_id", "step_id", "number", "state", "wave")),
            TenantKey(),
            SameTenant("step"),
            models.UniqueConstraint(
                fields=["tenant", "step", "number"], name="batches_chunk_number"
            ),
            models.CheckConstraint(
                condition=Q(state__in=ChunkState.values), name="batches_chunk_state"
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "step"],
                condition=Q(state__in=["pending", "leased"]),
                name="batches_chunk_unfinished",
            ),
            # What the window asks after each chunk: it must cost the same in a batch of a million.
            models.Index(
                fields=["tenant", "step"],
                condition=Q(state="leased") | Q(state="pending", wave__isnull=False),
                name="batches_chunk_in_flight",
            ),
            models.Index(
                fields=["tenant", "step", "number"],
                condition=Q(state="pending", wave__isnull=True),
                name="batches_chunk_waiting",
            ),
            models.Index(
                fields=["tenant", "finished_at"],
                condition=Q(state="failed"),
                name="batches_chunk_failed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step_id} chunk {self.number}"
