"""What the pipeline has to remember: messages owed, evaluations wanted, who leads, who works."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from evalsite.batches.models import Batch
from evalsite.cases.models import Suite
from evalsite.clock import ChangedAt, CreatedAt
from evalsite.targets.models import Run, Target
from evalsite.tenants.models import SameTenant, TenantKey, TenantModel, TenantWall, belongs_to


class OutboxMessage(TenantModel):
    """A task to be sent: written with the change that calls for it, gone once it is sent."""

    task = models.CharField(max_length=100)
    key = models.CharField(max_length=200, help_text="One message per key.")
    arguments = models.JSONField(help_text="Ids only.")
    origin = models.JSONField(default=dict, help_text="The request and the trace it goes back to.")
    due_at = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(lookup=("tenant_id",)),
            TenantKey(),
            models.UniqueConstraint(fields=["tenant", "key"], name="pipeline_outboxmessage_key"),
        ]
        indexes = [models.Index(fields=["tenant", "due_at"], name="pipeline_outbox_due")]

    def __str__(self) -> str:
        return self.key


class Evaluation(TenantModel):
    """What each run of a target is evaluated on, once it is completed."""

    target = belongs_to(Target)
    suite = belongs_to(Suite)
    name = models.SlugField(
        max_length=100,
        blank=True,
        db_index=False,
        help_text="Tells several of the same target and suite apart.",
    )
    options = models.JSONField(
        default=dict, blank=True, help_text="The pack's options, its judges among them."
    )
    selection = models.JSONField(
        default=dict, blank=True, help_text="tags, keys, sample, seed, limit; empty: all cases."
    )
    repetitions = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    max_cost_usd = models.DecimalField(
        max_digits=18,
        decimal_places=9,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="No model call is made that could pass it; empty: no cap.",
    )
    gate = models.CharField(max_length=100, blank=True, help_text="The gate that it must pass.")
    is_active = models.BooleanField(default=True, help_text="Off: completed runs start nothing.")
    created_by = models.CharField(max_length=200, blank=True, editable=False)
    created_at = CreatedAt()
    changed_at = ChangedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameTenant("target"),
            SameTenant("suite"),
            models.UniqueConstraint(
                fields=["tenant", "target", "suite", "name"], name="pipeline_evaluation_once"
            ),
            models.CheckConstraint(
                condition=Q(repetitions__gte=1), name="pipeline_evaluation_repetitions"
            ),
        ]

    def __str__(self) -> str:
        return " / ".join(filter(None, (str(self.target), str(self.suite), self.name)))


class RequestState(models.TextChoices):
    """A `due` request is started by whoever comes first; a `refused` one waits for a change."""

    DUE = "due"
    STARTED = "started"
    REFUSED = "refused"


class EvaluationRequest(TenantModel):
    """A completed run that an evaluation is due to: written with the run's completion.

    It ends as a batch, or as the refusal that somebody has to read.
    """

    evaluation = belongs_to(Evaluation, on_delete=models.CASCADE)
    run = belongs_to(Run)
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.DUE)
    batch = belongs_to(Batch, null=True)
    code = models.CharField(max_length=100, blank=True, help_text="Why it was refused.")
    reason = models.TextField(blank=True)
    created_at = CreatedAt()
    settled_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(lookup=("tenant_id", "state")),
            TenantKey(),
            SameTenant("evaluation"),
            SameTenant("run"),
            SameTenant("batch"),
            models.UniqueConstraint(
                fields=["tenant", "run", "evaluation"], name="pipeline_evaluationrequest_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=RequestState.values), name="pipeline_evaluationrequest_state"
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "created_at"],
                condition=Q(state="due"),
                name="pipeline_request_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.state}"


class Leadership(models.Model):
    """Which coordinator leads, and the how manyth: one row of the platform, of no tenant."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    epoch = models.PositiveBigIntegerField(help_text="Grows with each takeover.")
    holder = models.CharField(max_length=200, help_text="Host and process id.")
    since = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="The end of its last round.")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="pipeline_leadership_one")]

    def __str__(self) -> str:
        return f"{self.holder} (epoch {self.epoch})"


class WorkerNode(models.Model):
    """A worker as it was last heard of: a row of the platform for each start of one."""

    boot_id = models.CharField(max_length=32, primary_key=True, help_text="One start of a worker.")
    name = models.CharField(max_length=200, help_text="What Celery and Flower call it.")
    host = models.CharField(max_length=200)
    queues = ArrayField(models.CharField(max_length=100))
    slots = models.PositiveIntegerField(help_text="Chunks that it works on at once.")
    version = models.CharField(max_length=50, help_text="Of evalsite.")
    started_at = models.DateTimeField()
    last_seen = models.DateTimeField(help_text="By the database's clock, as all its times.")
    stopped_at = models.DateTimeField(null=True, help_text="It signed off.")

    class Meta:
        indexes = [models.Index(fields=["name", "-started_at"], name="pipeline_workernode_name")]

    def __str__(self) -> str:
        return self.name
