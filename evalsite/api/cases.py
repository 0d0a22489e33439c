"""Cases: what a suite asks, and what a right answer is."""

from __future__ import annotations

from typing import Any, ClassVar, Final
from uuid import UUID

from django.db.models import Model, QuerySet
from django.urls import path
from django_filters.rest_framework import CharFilter, ChoiceFilter, FilterSet
from drf_spectacular.utils import OpenApiExample
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    BaseSerializer,
    CharField,
    ChoiceField,
    DateTimeField,
    DictField,
    IntegerField,
    JSONField,
    ListField,
    UUIDField,
)

from evalsite.api.frame.asked import Asked, asked
from evalsite.api.frame.documented import documented
from evalsite.api.frame.filters import WholeNumber
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.told import Told
from evalsite.api.frame.wanted import Wanted
from evalsite.cases.apply import lock
from evalsite.cases.check import FIELDS
from evalsite.cases.curate import save_case
from evalsite.cases.models import CaseState, Revision, Suite, TestCase
from evalsite.cases.queries import require_version, revisions_at
from evalsite.cases.read_back import as_given

MOST_VERSIONS: Final = 2**31 - 1
CONTENT: Final = (
    *("state", "input", "expected", "tags", "category", "subcategory", "complexity", "metadata"),
)


class CaseSerializer(Told[Any]):
    """A case as it stands, or as it stood in a version of its suite."""

    revision = IntegerField(source="revision_number", help_text="Grows with each change.")

    class Meta:
        model: type[Model] = TestCase
        fields = ("id", "suite", "key", "revision", *CONTENT, "created_at", "updated_at")


class CaseThenSerializer(CaseSerializer):
    """A case as a revision has it."""

    id = UUIDField(source="case_id")
    key = CharField(source="case.key")
    revision = IntegerField(source="number")
    created_at = DateTimeField(source="case.created_at")
    updated_at = DateTimeField(source="created_at")

    class Meta(CaseSerializer.Meta):
        model = Revision


class CaseEdit(Wanted):
    """What may be changed about a case; what is left out stays."""

    state = ChoiceField(required=False, choices=CaseState.choices)
    input = JSONField(required=False, allow_null=True, help_text="The pack's schema.")
    expected = JSONField(required=False, allow_null=True, help_text="The pack's schema.")
    tags = ListField(required=False, child=CharField(max_length=100), max_length=100)
    category = CharField(required=False, allow_blank=True, max_length=100)
    subcategory = CharField(required=False, allow_blank=True, max_length=100)
    complexity = IntegerField(required=False, allow_null=True, min_value=1, max_value=5)
    metadata = DictField(required=False)
    note = CharField(
        default="", allow_blank=True, max_length=500, help_text="Why, for the history."
    )


class NewCase(CaseEdit):
    """What a new case is made from; `state` is active where nothing is said."""

    key = CharField(max_length=200, trim_whitespace=False)
    input = JSONField(allow_null=True, help_text="The pack's schema.")
    expected = JSONField(allow_null=True, help_text="The pack's schema.")


class AtVersion(Asked):
    """Which version of a suite."""

    version = IntegerField(
        required=False,
        min_value=0,
        max_value=MOST_VERSIONS,
        help_text="As the cases stood in this version of the suite; the newest without.",
    )


class ByKey(CharFilter):
    """The case of that key, now or in a version."""

    def filter(self, cases: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Keep that case."""
        path = "key" if cases.model is TestCase else "case__key"
        return cases.filter(**{path: value}) if value else cases


class ByTag(CharFilter):
    """The cases with that tag."""

    def filter(self, cases: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Keep those cases."""
        return cases.filter(tags__contains=[value]) if value else cases


class CaseFilter(FilterSet):
    """What a list of cases can be narrowed by."""

    key = ByKey()
    state = ChoiceFilter(choices=CaseState.choices)
    tag = ByTag(field_name="tags")
    category = CharFilter()
    complexity = WholeNumber(min_value=1, max_value=5)


EXAMPLE: Final = {
    "key": "capital-of-france",
    "input": {"question": "What is the capital of France?"},
    "expected": {"answer": "Paris"},
    "tags": ["smoke"],
}


class Cases(ListModelMixin, RetrieveModelMixin, Resource[TestCase]):
    """The cases of a suite."""

    room = "cases"
    queryset = TestCase.objects.all()
    serializer_class = CaseSerializer
    filterset_class = CaseFilter
    parameters: ClassVar = {"list": AtVersion.names()}

    def get_queryset(self) -> QuerySet[Any]:
        """Answer the cases of the suite that the address names, now or in a version."""
        if "suite_id" not in self.kwargs:
            return super().get_queryset()
        suite = self.find(Suite, self.kwargs["suite_id"])
        version = self._version(suite)
        if version is None:
            return TestCase.objects.filter(suite=suite)
        return revisions_at(suite, version=version).select_related("case")

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        """Tell revisions as the cases that they were."""
        then = self.action == "list" and "version" in self.request.query_params
        return CaseThenSerializer if then else CaseSerializer

    @documented(parameters=[AtVersion], responses=CaseSerializer(many=True))
    def list(self, request: Request, suite_id: UUID) -> Response:
        """List a suite's cases."""
        return super().list(request)

    @documented(
        request=NewCase,
        responses={201: CaseSerializer},
        examples=[OpenApiExample("of the pack exact", EXAMPLE, request_only=True)],
    )
    def create(self, request: Request, suite_id: UUID) -> Response:
        """Add a case to the suite, as a new version of it."""
        fields = self.read(NewCase)
        suite, note = self.find(Suite, suite_id), fields.pop("note")
        case = save_case(suite, fields, based_on=0, actor=request.user, note=note)
        return self.made(case, address="case")

    @documented(
        request=CaseEdit,
        responses=CaseSerializer,
        examples=[OpenApiExample("a tag", {"tags": ["smoke"]}, request_only=True)],
    )
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change a case; it gets a new revision, and its suite a new version."""
        edit = self.read(CaseEdit)
        suite = self.find(TestCase, pk).suite
        lock(suite)  # before the case, as every curation does
        case, note = self.get_object(), edit.pop("note")
        content = {name: as_given(getattr(case, name)) for name in FIELDS}
        saved = save_case(
            suite,
            {**content, **edit},
            based_on=case.revision_number,
            actor=request.user,
            note=note,
        )
        return Response(self.get_serializer(saved).data)

    def _version(self, suite: Suite) -> int | None:
        version = asked(self.request, AtVersion).get("version")
        require_version(suite, version)
        return None if version is None else int(version)


urlpatterns = [
    path(
        "suites/<uuid:suite_id>/cases",
        Cases.as_view({"get": "list", "post": "create"}),
        name="cases",
    ),
    path(
        "cases/<uuid:pk>",
        Cases.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="case",
    ),
]
