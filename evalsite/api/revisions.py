"""Revisions: what a case was, from one version of its suite until another."""

from __future__ import annotations

from django.db.models import QuerySet
from django.urls import path
from rest_framework.mixins import ListModelMixin

from evalsite.api.cases import CONTENT
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.told import Told
from evalsite.cases.models import Revision, TestCase


class RevisionSerializer(Told[Revision]):
    """A case as it was; `until_version` is null for what it is now."""

    class Meta:
        model = Revision
        fields = (
            *("id", "case", "number", "from_version", "until_version", "author", "note"),
            *(*CONTENT, "created_at"),
        )


class Revisions(ListModelMixin, Resource[Revision]):
    """What a case was, newest first."""

    room = "cases"
    queryset = Revision.objects.all()
    serializer_class = RevisionSerializer

    def get_queryset(self) -> QuerySet[Revision]:
        """Answer the revisions of the case that the address names."""
        revisions: QuerySet[Revision] = super().get_queryset()
        if "case_id" not in self.kwargs:
            return revisions
        return revisions.filter(case=self.find_id(TestCase, self.kwargs["case_id"]))


urlpatterns = [
    path(
        "cases/<uuid:case_id>/revisions",
        Revisions.as_view({"get": "list"}),
        name="revisions",
    ),
]
