"""How long a tenant keeps what, what must be kept whatever that says, and what was purged."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from evalsite.batches.models import Batch
from evalsite.cases.models import Suite
from evalsite.clock import ChangedAt, CreatedAt
from evalsite.targets.models import Run
from evalsite.tenants.models import SameTenant, TenantKey, TenantModel, TenantWall, belongs_to

# Before every id.
FIRST: Final = UUID(int=0)
MOST_DAYS: Final = 36_500


class Kind(models.TextChoices):
    """What has a time of its own, in the order in which it is purged."""

    OUTPUTS = "outputs"
    JUDGE_TEXTS = "judge_texts"
    REPLIES = "replies"
    SCORECARDS = "scorecards"
    RESULTS = "results"
    AUDIT = "audit"


def _days(what: str) -> models.PositiveIntegerField[Any, Any]:
    return models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_DAYS)],
        help_text=f"Days that {what} are kept; empty: for good.",
    )


class Policy(TenantModel):
    """For how many days a tenant keeps what; there is one at most."""

    outputs = _days("what systems answered")
    judge_texts = _days("what judges gave as reasons")
    replies = _days("what models replied to judges, for asking once only,")
    scorecards = _days("scorecards")
    results = _days("results of decided and closed experiments")
    audit = _days("audit entries")
    next_at = models.DateTimeField(
        null=True, db_default=Now(), editable=False, help_text="When it is applied again."
    )
    changed_at = ChangedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(lookup=("tenant_id", "next_at")),
            TenantKey(),
            models.UniqueConstraint(fields=["tenant"], name="retention_policy_once"),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{kind}__isnull": True})
                    | Q(**{f"{kind}__range": (1, MOST_DAYS)}),
                    name=f"retention_policy_{kind}",
                )
                for kind in Kind.values
            ),
        ]
        verbose_name_plural = "policies"

    def __str__(self) -> str:
        kept = self.days()
        return ", ".join(f"{kind} {days} d" for kind, days in kept.items() if days) or "for good"

    def be_due(self) -> None:
        """Let it be applied with the next sweep, if it lets anything go."""
        self.next_at = timezone.now() if any(self.days().values()) else None

    def days(self) -> dict[str, int | None]:
        """Answer the days of each kind; None is for good."""
        return {kind: getattr(self, kind) for kind in Kind.values}


class Hold(TenantModel):
    """A legal hold: what it names is purged by no policy until it is released.

    It names a suite, a batch or a run; one that names none of them holds all of the tenant.
    """

    suite = belongs_to(Suite, null=True, blank=True)
    batch = belongs_to(Batch, null=True, blank=True)
    run = belongs_to(Run, null=True, blank=True)
    reason = models.CharField(max_length=500, help_text="Why it must be kept: a case number ...")
    placed_by = models.CharField(max_length=200, blank=True, editable=False)
    placed_at = CreatedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(rights=("SELECT", "INSERT", "DELETE")),
            TenantKey(),
            SameTenant("suite"),
            SameTenant("batch"),
            SameTenant("run"),
            models.CheckConstraint(
                condition=Q(suite__isnull=True, batch__isnull=True)
                | Q(suite__isnull=True, run__isnull=True)
                | Q(batch__isnull=True, run__isnull=True),
                name="retention_hold_one",
            ),
        ]

    def __str__(self) -> str:
        return self.scope()

    def scope(self) -> str:
        """Say what is held: `suite x`, `batch x`, `run x`, or `all`."""
        for name in ("suite", "batch", "run"):
            held = getattr(self, name)
            if held is not None:
                return f"{name} {held}"
        return "all"

    def clean(self) -> None:
        """Refuse a hold of two things: each is released for itself."""
        if sum(value is not None for value in (self.suite_id, self.batch_id, self.run_id)) > 1:
            raise ValidationError("Hold a suite, a batch or a run; leave all empty to hold all.")


class Purge(TenantModel):
    """A purge under way, written with each piece: a coordinator that is killed loses no count.

    It has come to the case or revision `place` of the batch, run or experiment `unit`; all before
    them, in order of their ids, are done with. `digest` is that of the ids purged so far.
    """

    kind = models.CharField(max_length=12)
    cutoff = models.DateTimeField()
    unit = models.UUIDField(default=FIRST)
    place = models.UUIDField(default=FIRST)
    n = models.PositiveBigIntegerField(default=0)
    n_bytes = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    started_at = CreatedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["tenant", "kind"], name="retention_purge_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.n} so far"


class Receipt(TenantModel):
    """What was purged, for good. The app role may insert and read, nothing else."""

    kind = models.CharField(max_length=12)
    cutoff = models.DateTimeField(help_text="All that was older, and not held.")
    n = models.PositiveBigIntegerField(help_text="Rows purged; of judges' texts, emptied.")
    n_bytes = models.PositiveBigIntegerField(
        help_text="What their texts took in the database, about."
    )
    digest = models.CharField(
        max_length=64, help_text="SHA-256 of the digest before and the next id, id after id."
    )
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        constraints = [TenantWall(rights=("SELECT", "INSERT")), TenantKey()]
        indexes = [models.Index(fields=["tenant", "-finished_at"], name="retention_receipt_recent")]

    def __str__(self) -> str:
        return f"{self.n} {self.kind}"


class Erasure(models.Model):
    """A tenant that was erased, outside of any tenant: it must outlive what it tells of."""

    tenant = models.UUIDField(primary_key=True, db_column="erased_id")
    slug_digest = models.CharField(max_length=64, help_text="SHA-256 of the slug.")
    counts = models.JSONField(help_text="Rows erased, by table; objects, by place.")
    erased_by = models.CharField(max_length=200)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return str(self.tenant)
