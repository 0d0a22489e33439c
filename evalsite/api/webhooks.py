"""Webhooks: where programs are told. A secret goes in, and never comes out."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.urls import path
from drf_spectacular.utils import OpenApiExample
from pydantic import SecretStr
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    SerializerMethodField,
    SlugField,
)

from evalsite.alerts.models import Webhook, WebhookKind
from evalsite.alerts.remove_webhook import remove_webhook
from evalsite.alerts.set_webhook import WebhookInvalid, set_webhook
from evalsite.api.frame.documented import documented
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.told import Told
from evalsite.api.frame.wanted import Wanted
from evalsite.endpoints.guard import origin


class WebhookSerializer(Told[Webhook]):
    """Where a program is told; of its URL only the origin, as the path may be a secret."""

    origin = SerializerMethodField()
    has_secret = BooleanField(read_only=True)

    class Meta:
        model = Webhook
        fields = (
            *("id", "name", "kind", "origin", "has_secret", "is_active"),
            *("failing_since", "created_at", "changed_at"),
        )

    def get_origin(self, webhook: Webhook) -> str:
        """Answer scheme, host and port."""
        return origin(webhook.base_url)


class WebhookEdit(Wanted):
    """What may be changed. One that moves to another host needs a new secret."""

    url = CharField(required=False, max_length=500, write_only=True)
    secret = CharField(
        required=False,
        max_length=500,
        write_only=True,
        help_text="Of a standard one: whsec_ and 24 to 64 bytes in base64.",
    )
    is_active = BooleanField(required=False)


class NewWebhook(WebhookEdit):
    """A new webhook; a standard one needs a secret."""

    name = SlugField(max_length=100)
    kind = ChoiceField(choices=WebhookKind.choices, default=WebhookKind.STANDARD)
    url = CharField(max_length=500, write_only=True)


_EXAMPLE = OpenApiExample(
    "A program of ours",
    value={
        "name": "ci",
        "url": "https://ci.example.org/evalsite",
        "secret": "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    },
    request_only=True,
)


class Webhooks(ListModelMixin, RetrieveModelMixin, Resource[Webhook]):
    """Where programs are told."""

    room = "alerts"
    queryset = Webhook.objects.all()
    serializer_class = WebhookSerializer
    filterset_fields: ClassVar = {name: ["exact"] for name in ("name", "kind", "is_active")}

    @documented(request=NewWebhook, responses={201: WebhookSerializer}, examples=[_EXAMPLE])
    def create(self, request: Request) -> Response:
        """Add a webhook."""
        given = self.read(NewWebhook)
        webhook = Webhook(name=given.pop("name"), kind=given.pop("kind"))
        return self.made(_set(webhook, given, actor=request.user), address="webhook")

    @documented(request=WebhookEdit, responses=WebhookSerializer)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change a webhook, switch it off or on."""
        webhook = self.get_object()
        webhook = _set(webhook, self.read(WebhookEdit), actor=request.user)
        return Response(self.get_serializer(webhook).data)

    @documented(request=None, responses={204: None})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Remove a webhook that nobody has subscribed with."""
        remove_webhook(self.get_object(), actor=request.user)
        return Response(status=204)


def _set(webhook: Webhook, given: dict[str, Any], *, actor: object) -> Webhook:
    """Save it. A secret that would be made here could be told to nobody, so it is refused."""
    webhook.is_active = given.get("is_active", webhook.is_active)
    url, secret = (SecretStr(given[n]) if n in given else None for n in ("url", "secret"))
    if set_webhook(webhook, url=url, secret=secret, actor=actor) is not None:
        raise WebhookInvalid("secret: give one of your own, whsec_...: none is told here")
    return webhook


urlpatterns = [
    path("webhooks", Webhooks.as_view({"get": "list", "post": "create"}), name="webhooks"),
    path(
        "webhooks/<uuid:pk>",
        Webhooks.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="webhook",
    ),
]
