"""Who stands where: a suite's boards, and the systems on each of them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from evalsite.batches.models import Batch
from evalsite.cases.models import Suite
from evalsite.stats.intervals import Interval
from evalsite.targets.models import Run, Target
from evalsite.tenants.models import SameTenant, TenantModel, belongs_to


class Board(TenantModel):
    """The batches of a suite that may be ranked together: the same cases, judged the same way.

    That is one suite version, one selection of its cases, and one manifest: pack, options, stages,
    judges and what pins them. `version` grows with each batch; the board is stale until
    `ranked_version` has come up with it.
    """

    suite = belongs_to(Suite)
    suite_version = models.PositiveIntegerField()
    pack = models.CharField(max_length=100)
    selection = models.JSONField(default=dict, help_text="Which cases; empty: all active ones.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of what its batches share.")
    version = models.PositiveIntegerField(default=1)
    ranked_version = models.PositiveIntegerField(default=0)
    ranked_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameTenant("suite"),
            models.UniqueConstraint(
                fields=["tenant", "suite", "digest"], name="leaderboard_board_once"
            ),
            models.CheckConstraint(
                condition=Q(ranked_version__lte=F("version")), name="leaderboard_board_ranked"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "suite", "-updated_at"], name="leaderboard_board_recent")
        ]

    def __str__(self) -> str:
        return f"{self.suite} version {self.suite_version} ({self.digest[:8]})"

    @property
    def is_stale(self) -> bool:
        """Whether batches came since its systems were compared."""
        return self.ranked_version < self.version


class Kind(models.TextChoices):
    """What counts as one system. A version is a target's client_type and client_version."""

    RUN = "run", "run"
    VERSION = "version", "version"


class Metric(models.TextChoices):
    """What systems are ranked by; more is better."""

    RATE = "pass_rate", "pass rate"
    SCORE = "score", "score"


class Reserve(models.TextChoices):
    """Why a system is compared with no other; a reservation about its newest batch."""

    NONE = ""
    UNSCORED = "unscored", "too many cases have no verdict"
    JUDGE_UNTRUSTED = "judge_untrusted", "its judge failed the preflight"


class Standing(TenantModel):
    """A system on a board, by one metric: its newest finished batch stands for it.

    `value` is null where no case has a verdict. The rank interval and the tie groups are those of
    the board's last ranking; they are null before it, and where a system was not compared pair by
    pair. Its rank is no column: it is counted when it is asked for, so it is never old.
    """

    board = belongs_to(Board)
    kind = models.CharField(max_length=10, choices=Kind)
    metric = models.CharField(max_length=10, choices=Metric)
    subject = models.UUIDField(help_text="The run, or the fingerprint of the version.")
    batch = belongs_to(Batch)
    batch_at = models.DateTimeField(help_text="When the batch was begun: a newer one replaces it.")
    run = belongs_to(Run)
    target = belongs_to(Target)
    client_type = models.CharField(max_length=100, blank=True)
    client_version = models.CharField(max_length=100, blank=True)
    value = models.FloatField(null=True, help_text="The mean over the cases with a verdict.")
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    n = models.PositiveIntegerField()
    missing = models.PositiveIntegerField(help_text="Cases unscored or errored.")
    reserve = models.CharField(max_length=20, choices=Reserve, blank=True, default=Reserve.NONE)
    rank_low = models.PositiveIntegerField(null=True, help_text="The best rank it may have.")
    rank_high = models.PositiveIntegerField(null=True, help_text="The worst rank it may have.")
    tie_from = models.PositiveIntegerField(null=True, help_text="The first of its tie groups.")
    tie_to = models.PositiveIntegerField(null=True, help_text="The last of its tie groups.")

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameTenant("board"),
            SameTenant("batch"),
            SameTenant("run"),
            SameTenant("target"),
            models.UniqueConstraint(
                fields=["tenant", "board", "kind", "metric", "subject"],
                name="leaderboard_standing_once",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=Kind.values), name="leaderboard_standing_kind"
            ),
            models.CheckConstraint(
                condition=Q(metric__in=Metric.values), name="leaderboard_standing_metric"
            ),
            models.CheckConstraint(
                condition=Q(reserve__in=Reserve.values), name="leaderboard_standing_reserve"
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "board", "kind", "metric", "-value", "-id"],
                include=["low", "high"],
                name="leaderboard_standing_order",
            ),
            models.Index(
                fields=["tenant", "board", "kind", "metric", "target", "-value", "-id"],
                name="leaderboard_standing_target",
            ),
            models.Index(
                fields=["tenant", "board", "kind", "metric"],
                condition=Q(rank_low__isnull=False),
                name="leaderboard_standing_compared",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} by {self.metric}"

    @property
    def interval(self) -> Interval:
        """The mean's 95 % interval; all of 0..1 where nothing is known."""
        return Interval(self.low or 0.0, 1.0 if self.high is None else self.high)
