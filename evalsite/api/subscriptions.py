"""Subscriptions: who is told of what, and when."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.urls import path, reverse
from drf_spectacular.utils import OpenApiExample
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    EmailField,
    ListField,
    UUIDField,
)

from evalsite.alerts.models import AlertKind, Delivery, Subscription, Webhook
from evalsite.alerts.subscribe import (
    SubscriptionInvalid,
    change_wishes,
    end,
    find_subscription,
    subscribe,
)
from evalsite.alerts.try_out import try_out
from evalsite.api.alerts import AlertDetail
from evalsite.api.frame.documented import documented
from evalsite.api.frame.named import suite_of, target_of
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.told import Told
from evalsite.api.frame.wanted import Wanted


class SubscriptionSerializer(Told[Subscription]):
    """Who wants to know what; no suite means every suite, no target every target."""

    kinds = ListField(child=ChoiceField(choices=AlertKind.choices))

    class Meta:
        model = Subscription
        fields = (
            *(
                "id",
                "email",
                "webhook",
                "suite",
                "target",
                "kinds",
                "delivery",
                "is_muted",
                "created_at",
            ),
        )


class SubscriptionEdit(Wanted):
    """What a subscriber may want otherwise."""

    kinds = ListField(
        required=False,
        child=ChoiceField(choices=AlertKind.choices),
        min_length=1,
        max_length=len(AlertKind),
    )
    delivery = ChoiceField(required=False, choices=Delivery.choices)
    is_muted = BooleanField(required=False)


class NewSubscription(SubscriptionEdit):
    """An e-mail address or a webhook, and what it wants to be told of."""

    email = EmailField(required=False, max_length=254)
    webhook = UUIDField(required=False, allow_null=True)
    suite = CharField(required=False, allow_null=True, help_text="Its id or name.")
    target = CharField(required=False, allow_null=True, help_text="Its id or name.")


_EXAMPLE = OpenApiExample(
    "A daily digest",
    value={"email": "ann@example.org", "kinds": ["regression", "recovery"], "delivery": "daily"},
    request_only=True,
)


class Subscriptions(ListModelMixin, RetrieveModelMixin, Resource[Subscription]):
    """Who wants to know."""

    room = "alerts"
    verbs: ClassVar = {"try_out": "change"}
    queryset = Subscription.objects.all()
    serializer_class = SubscriptionSerializer
    filterset_fields: ClassVar = {
        name: ["exact"] for name in ("email", "webhook", "suite", "target", "is_muted")
    }

    @documented(
        request=NewSubscription,
        responses={200: SubscriptionSerializer, 201: SubscriptionSerializer},
        examples=[_EXAMPLE],
    )
    def create(self, request: Request) -> Response:
        """Subscribe, or change (200) what the subscriber wants already of that suite."""
        wishes = self.read(NewSubscription)
        place = self._place(wishes)
        suite, target = wishes.pop("suite", None), wishes.pop("target", None)
        suite, target = suite and suite_of(suite), target and target_of(target)
        known = find_subscription(place, suite=suite, target=target)
        made = subscribe(place, suite=suite, target=target, wishes=wishes, actor=request.user)
        return self.made(made, address="subscription", status=200 if known else 201)

    @documented(request=SubscriptionEdit, responses=SubscriptionSerializer)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change what a subscriber wants, mute or unmute."""
        wish = self.get_object()
        wish = change_wishes(wish, wishes=self.read(SubscriptionEdit), actor=request.user)
        return Response(self.get_serializer(wish).data)

    @documented(request=None, responses={204: None})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Let a subscription go, with what it was told and owed."""
        end(self.get_object(), actor=request.user)
        return Response(status=204)

    @documented(request=None, responses={202: AlertDetail})
    def try_out(self, request: Request, pk: UUID) -> Response:
        """Send a message that says nothing; the alert tells whether it was taken."""
        subscription = self.get_object()
        self.read(Wanted)
        alert = try_out(subscription, actor=request.user)
        alert.refresh_from_db()
        headers = {"Location": reverse("api:alert", args=[alert.pk])}
        return Response(AlertDetail(alert).data, status=202, headers=headers)

    def _place(self, wishes: dict[str, Any]) -> str:
        """Take out who is told: an e-mail address, or the name of a webhook."""
        email, webhook = wishes.pop("email", ""), wishes.pop("webhook", None)
        if bool(email) == bool(webhook):
            raise SubscriptionInvalid("an e-mail address or a webhook is wanted, and not both")
        return email or self.find(Webhook, webhook).name


urlpatterns = [
    path(
        "subscriptions",
        Subscriptions.as_view({"get": "list", "post": "create"}),
        name="subscriptions",
    ),
    path(
        "subscriptions/<uuid:pk>",
        Subscriptions.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="subscription",
    ),
    path(
        "subscriptions/<uuid:pk>/test",
        Subscriptions.as_view({"post": "try_out"}),
        name="subscription-test",
    ),
]
