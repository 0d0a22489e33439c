"""What is evaluated again and again, each time that it was due, and what was sampled for it."""

from __future__ import annotations

from typing import Final

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from evalsite.batches.models import Batch
from evalsite.cases.models import Suite
from evalsite.clock import ChangedAt, CreatedAt
from evalsite.schedules.calendar import Rhythm
from evalsite.targets.models import Run, Target
from evalsite.tenants.models import SameTenant, TenantKey, TenantModel, TenantWall, belongs_to

# The client type of runs that hold a sample: they are compared with one another only.
SAMPLED: Final = "sampled"
# A tick's run is called after its schedule and its time.
LONGEST_NAME: Final = 75
SHORTEST_SECONDS: Final = 60
LONGEST_SECONDS: Final = 366 * 24 * 3600
MOST_CAUGHT_UP: Final = 100
MOST_SAMPLED: Final = 2_000


class ScheduleKind(models.TextChoices):
    """What a tick scores."""

    LIVE = "live", "Ask a live system anew"
    RECORDED = "recorded", "Sample what was recorded since"


class CatchUp(models.TextChoices):
    """What becomes of the ticks that were due while no coordinator led."""

    SKIP = "skip", "Skip them"
    LATEST = "latest", "Make up the latest"
    ALL = "all", "Make up all, up to a bound"


class Schedule(TenantModel):
    """A suite that a target is evaluated on by crontab or interval.

    A live one opens a run for each tick, which is asked as `run` is; one of recorded outputs
    samples what the target's runs answered since `read_until`.
    """

    name = models.SlugField(max_length=LONGEST_NAME, db_index=False)
    kind = models.CharField(max_length=10, choices=ScheduleKind, default=ScheduleKind.LIVE)
    suite = belongs_to(Suite)
    target = belongs_to(Target)
    run = belongs_to(
        Run, null=True, blank=True, help_text="The live run as which each tick's run is asked."
    )
    crontab = models.CharField(
        max_length=200, blank=True, help_text="Minute, hour, day of month, month, day of week."
    )
    every_seconds = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(SHORTEST_SECONDS), MaxValueValidator(LONGEST_SECONDS)],
        help_text="In place of a crontab: seconds from tick to tick.",
    )
    time_zone = models.CharField(
        max_length=64, default="UTC", help_text="Of the crontab, such as Europe/Berlin."
    )
    catch_up = models.CharField(max_length=10, choices=CatchUp, default=CatchUp.LATEST)
    catch_up_most = models.PositiveSmallIntegerField(
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_CAUGHT_UP)],
        help_text="How many missed ticks `all` makes up: the newest.",
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
        help_text="Of each tick: no model call is made that could pass it; empty: no cap.",
    )
    gate = models.CharField(
        max_length=100, blank=True, help_text="The gate that each batch is held against."
    )
    percent = models.FloatField(
        default=100.0,
        validators=[MinValueValidator(0.001), MaxValueValidator(100)],
        help_text="Of what was recorded: how much is drawn.",
    )
    most = models.PositiveIntegerField(
        default=200,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_SAMPLED)],
        help_text="Of what was recorded: how many are drawn at most.",
    )
    is_active = models.BooleanField(default=True, help_text="Off: nothing is due.")
    next_at = models.DateTimeField(null=True, editable=False, help_text="When it is due next.")
    read_until = models.DateTimeField(
        null=True, editable=False, help_text="What was recorded until then is sampled, or passed."
    )
    created_by = models.CharField(max_length=200, blank=True, editable=False)
    created_at = CreatedAt()
    changed_at = ChangedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(lookup=("tenant_id", "is_active", "next_at")),
            TenantKey(),
            SameTenant("suite"),
            SameTenant("target"),
            SameTenant("run"),
            models.UniqueConstraint(fields=["tenant", "name"], name="schedules_schedule_name"),
            models.CheckConstraint(
                condition=Q(kind__in=ScheduleKind.values), name="schedules_schedule_kind"
            ),
            models.CheckConstraint(
                condition=Q(catch_up__in=CatchUp.values), name="schedules_schedule_catch_up"
            ),
            models.CheckConstraint(
                condition=Q(crontab="", every_seconds__isnull=False)
                | (~Q(crontab="") & Q(every_seconds=None)),
                name="schedules_schedule_rhythm",
                violation_error_message="Say a crontab or an interval, not both.",
            ),
            models.CheckConstraint(
                condition=Q(kind=ScheduleKind.LIVE, run__isnull=False)
                | Q(kind=ScheduleKind.RECORDED, run=None),
                name="schedules_schedule_asked",
                violation_error_message="A live schedule names a live run, another none.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "next_at"],
                condition=Q(is_active=True),
                name="schedules_schedule_due",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Answer the address of its page."""
        return reverse("schedule", args=[self.pk])

    @property
    def rhythm(self) -> Rhythm:
        """When it is due, as the calendar takes it."""
        return Rhythm(self.crontab, self.every_seconds, self.time_zone)


class TickState(models.TextChoices):
    """What a tick came to."""

    STARTED = "started"
    EMPTY = "empty", "Nothing new"
    REFUSED = "refused"
    MISSED = "missed"


class Tick(TenantModel):
    """A time at which a schedule was due: written with what it came to, in one transaction."""

    schedule = belongs_to(Schedule, on_delete=models.CASCADE)
    due_at = models.DateTimeField()
    is_manual = models.BooleanField(default=False, help_text="Somebody asked for it.")
    state = models.CharField(max_length=10, choices=TickState)
    batch = belongs_to(Batch, null=True)
    code = models.CharField(max_length=100, blank=True, help_text="Why it was refused.")
    reason = models.TextField(blank=True)
    n_passed_over = models.PositiveIntegerField(
        default=0, help_text="Times due before it that nobody made up."
    )
    n_new = models.PositiveIntegerField(
        null=True, help_text="Outputs recorded since the tick before."
    )
    begun_by = models.CharField(max_length=200, blank=True)
    created_at = CreatedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameTenant("schedule"),
            SameTenant("batch"),
            models.UniqueConstraint(
                fields=["tenant", "schedule", "due_at"], name="schedules_tick_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=TickState.values), name="schedules_tick_state"
            ),
            models.CheckConstraint(
                condition=Q(state=TickState.STARTED, batch__isnull=False)
                | (~Q(state=TickState.STARTED) & Q(batch=None)),
                name="schedules_tick_batch",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "batch"],
                condition=Q(batch__isnull=False),
                name="schedules_tick_batch_of",
            )
        ]

    def __str__(self) -> str:
        return f"{self.schedule_id} {self.due_at:%Y-%m-%d %H:%M:%S}: {self.state}"


class Sampled(TenantModel):
    """A recorded output that a tick has drawn: of one schedule, no output is drawn twice.

    `copied_from` is its id and no key: an output may be purged.
    """

    schedule = belongs_to(Schedule, on_delete=models.CASCADE)
    tick = belongs_to(Tick, on_delete=models.CASCADE)
    copied_from = models.UUIDField()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameTenant("schedule"),
            SameTenant("tick"),
            models.UniqueConstraint(
                fields=["tenant", "schedule", "copied_from"], name="schedules_sampled_once"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "tick"], name="schedules_sampled_tick")]
        verbose_name_plural = "sampled"

    def __str__(self) -> str:
        return f"{self.tick_id}: {self.copied_from}"
