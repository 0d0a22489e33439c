"""Suites, their test cases, and every revision that a case has had."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from evalsite.clock import ChangedAt, CreatedAt
from evalsite.tenants.models import (
    SameTenant,
    TenantKey,
    TenantModel,
    TenantWall,
    belongs_to,
    owned_by_tenant,
)


class CaseState(models.TextChoices):
    """Only active cases are scored."""

    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"


class Suite(TenantModel):
    """A named set of cases for one pack. Its version grows by one with each curation."""

    name = models.SlugField(max_length=100, db_index=False)
    description = models.TextField(blank=True)
    pack = models.SlugField(max_length=100, db_index=False, help_text="What kind of test it is.")
    version = models.PositiveIntegerField(default=0, editable=False)
    cluster_key = models.CharField(
        max_length=100,
        blank=True,
        default="",
        help_text="The field of a case's metadata that names what it shares with other cases: "
        "a document, a template, a conversation. Blank: every case stands alone.",
    )
    created_at = CreatedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["tenant", "name"], name="cases_suite_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Answer the address of its page."""
        return reverse("suite", args=[self.name])


class Content(TenantModel):
    """What a curator edits about a case; a case has it now, each revision had it once."""

    # The suite vouches for the tenant: a key of its own would cost a twelfth of importing a case.
    tenant = owned_by_tenant(db_constraint=False)
    state = models.CharField(max_length=10, choices=CaseState, default=CaseState.ACTIVE)
    input = models.JSONField(help_text="What the system under test is given; the pack's schema.")
    expected = models.JSONField(help_text="What a right answer is; the pack's schema.")
    tags = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    category = models.CharField(max_length=100, blank=True)
    subcategory = models.CharField(max_length=100, blank=True)
    complexity = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    metadata = models.JSONField(default=dict, blank=True)
    content_hash = models.CharField(max_length=64, editable=False)

    class Meta(TenantModel.Meta):
        abstract = True


_RULES = [
    models.CheckConstraint(
        condition=Q(state__in=CaseState.values), name="%(app_label)s_%(class)s_state"
    ),
    models.CheckConstraint(
        condition=Q(complexity__isnull=True) | Q(complexity__range=(1, 5)),
        name="%(app_label)s_%(class)s_complexity",
    ),
]


class TestCase(Content):
    """A case as it stands now."""

    __test__ = False  # pytest: this is no test class

    suite = belongs_to(Suite)
    key = models.CharField(max_length=200, help_text="The case's own name, unique in its suite.")
    revision_number = models.PositiveIntegerField(default=1, editable=False)
    created_at = CreatedAt()
    updated_at = ChangedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            *_RULES,
            SameTenant("suite"),
            models.UniqueConstraint(fields=["tenant", "suite", "key"], name="cases_testcase_key"),
            models.UniqueConstraint(fields=["tenant", "suite", "id"], name="cases_testcase_listed"),
        ]
        indexes = [
            models.Index(fields=["tenant", "suite", "content_hash"], name="cases_testcase_content"),
        ]

    def __str__(self) -> str:
        return self.key

    def get_absolute_url(self) -> str:
        """Answer the address of its page."""
        return reverse("case", args=[self.pk])


class Revision(Content):
    """A case as it was from one suite version until another; its content never changes.

    The app role may update `until_version` only.
    """

    suite = belongs_to(Suite)
    case = belongs_to(TestCase)
    number = models.PositiveIntegerField()
    from_version = models.PositiveIntegerField()
    until_version = models.PositiveIntegerField(
        null=True, help_text="Not in this version any more."
    )
    author = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=500, blank=True)
    created_at = CreatedAt()

    class Meta(TenantModel.Meta):
        constraints = [
            TenantWall(rights=("SELECT", "INSERT", "UPDATE (until_version)")),
            TenantKey(),
            *_RULES,
            SameTenant("case", shared=["suite"]),
            models.UniqueConstraint(
                fields=["tenant", "case", "number"], name="cases_revision_number"
            ),
            models.CheckConstraint(
                condition=Q(until_version__isnull=True) | Q(until_version__gt=F("from_version")),
                name="cases_revision_span",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "suite", "from_version"], name="cases_revision_version"),
            models.Index(fields=["tenant", "suite", "id"], name="cases_revision_listed"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} r{self.number}"
