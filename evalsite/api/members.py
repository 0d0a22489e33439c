"""Members of the tenant, and what each may do."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.urls import path
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField, ChoiceField

from evalsite.api.frame.documented import documented
from evalsite.api.frame.etag import require_match
from evalsite.api.frame.resource import EDITS, Resource
from evalsite.api.frame.told import Told
from evalsite.api.frame.wanted import Wanted
from evalsite.people.change_role import change_role
from evalsite.people.last_owner import hold_owners
from evalsite.people.queries import locked
from evalsite.people.remove_member import remove_member
from evalsite.tenants.models import Membership, Role


class MemberSerializer(Told[Membership]):
    """A person who belongs to the tenant."""

    username = CharField(source="user.username")
    email = CharField(source="user.email")

    class Meta:
        model = Membership
        fields = ("id", "username", "email", "role", "created_at")


class MemberEdit(Wanted):
    """What a member may do; nobody gives or takes a role above their own."""

    role = ChoiceField(choices=Role.choices)


class Members(ListModelMixin, RetrieveModelMixin, Resource[Membership]):
    """Who belongs to the tenant."""

    room = "people"
    queryset = Membership.objects.select_related("user")
    serializer_class = MemberSerializer
    filterset_fields: ClassVar = {"role": ["exact"], "user__username": ["exact"]}

    def get_object(self) -> Membership:
        """Answer the member; an edit locks them, after the owners as the verbs do."""
        member = get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])
        if self.request.method in EDITS:
            hold_owners()
            member = locked(member)
            require_match(self.request, self.get_serializer(member).data)
        return member

    @documented(request=MemberEdit, responses=MemberSerializer)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Give a member another role."""
        member = self.get_object()
        member = change_role(member, **self.read(MemberEdit), actor=request.user)
        return Response(self.get_serializer(member).data)

    @documented(request=None, responses={204: None})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Take a member out of the tenant; the account and the keys stay."""
        remove_member(self.get_object(), actor=request.user)
        return Response(status=204)


urlpatterns = [
    path("members", Members.as_view({"get": "list"}), name="members"),
    path(
        "members/<uuid:pk>",
        Members.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="member",
    ),
]
