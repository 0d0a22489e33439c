"""Invitations. The link is in the mail, and nowhere else."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.urls import path
from drf_spectacular.utils import OpenApiExample
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ChoiceField, EmailField

from evalsite.api.frame.documented import documented
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.told import Told
from evalsite.api.frame.wanted import Wanted
from evalsite.people.invite import invite, withdraw
from evalsite.people.models import Invitation
from evalsite.tenants.models import Role


class InvitationSerializer(Told[Invitation]):
    """A mail that lets whoever has it join the tenant, once."""

    class Meta:
        model = Invitation
        fields = (
            *("id", "email", "role", "invited_by", "created_at", "expires_at"),
            *("accepted_at", "accepted_by", "withdrawn_at"),
        )


class NewInvitation(Wanted):
    """Who is invited, and as what."""

    email = EmailField(max_length=254)
    role = ChoiceField(choices=Role.choices)


_EXAMPLE = OpenApiExample(
    "A curator", value={"email": "ann@example.org", "role": "curator"}, request_only=True
)


class Invitations(ListModelMixin, RetrieveModelMixin, Resource[Invitation]):
    """Who was invited."""

    room = "people"
    queryset = Invitation.objects.all()
    serializer_class = InvitationSerializer
    filterset_fields: ClassVar = {"email": ["exact"]}

    @documented(request=NewInvitation, responses={201: InvitationSerializer}, examples=[_EXAMPLE])
    def create(self, request: Request) -> Response:
        """Mail an invitation; an open one to the same address is withdrawn by it."""
        made = invite(**self.read(NewInvitation), actor=request.user)
        made.refresh_from_db()
        return self.made(made, address="invitation")

    @documented(request=None, responses={204: None})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Withdraw an invitation: its link opens nothing any more."""
        withdraw(self.get_object(), actor=request.user)
        return Response(status=204)


urlpatterns = [
    path("invitations", Invitations.as_view({"get": "list", "post": "create"}), name="invitations"),
    path(
        "invitations/<uuid:pk>",
        Invitations.as_view({"get": "retrieve", "delete": "destroy"}),
        name="invitation",
    ),
]
