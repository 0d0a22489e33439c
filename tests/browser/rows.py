"""Where each page is in the demo's world, by the name of its address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from django.urls import URLPattern, reverse

from evalsite.alerts.models import Subscription
from evalsite.alerts.mute import mute_url
from evalsite.people.models import Invitation
from evalsite.people.queries import digest_of
from evalsite.regressions.models import Comparison
from evalsite.web.urls import urlpatterns
from tests.tenant_rows import make_invitation

# Looked at without anybody signed in.
PUBLIC: Final[dict[str, Callable[[], str]]] = {
    "signin": lambda: reverse("signin"),
    "mute": lambda: urlsplit(mute_url([Subscription.objects.latest("pk").pk])).path,
    "invitation": lambda: reverse("invitation", args=[_invited()]),
}
PAGES: Final[dict[str, Callable[[], str]]] = {
    "home": lambda: reverse("home"),
    "password": lambda: reverse("password"),
    "pick-tenant": lambda: reverse("pick-tenant"),
    "batch": lambda: reverse("batch", args=[_newest().batch_id]),
    "comparison": lambda: reverse("comparison", args=[_newest().pk]),
    "leaderboard": lambda: reverse("leaderboard", args=[_suite()]),
}
# No pages: for machines, or done by a button.
NONE: Final = frozenset({"healthz", "metrics", "signout"})


def page_names() -> list[str]:
    """Name every address that answers a page to who looks at it."""
    return sorted(_name(one) for one in urlpatterns if _is_page(one))


def _is_page(one: Any) -> bool:
    methods = getattr(one.callback, "methods", ("GET",))
    return isinstance(one, URLPattern) and "GET" in methods and one.name not in NONE


def _name(one: Any) -> str:
    return str(one.name)


def _newest() -> Comparison:
    return Comparison.objects.filter(is_own=True).latest("created_at")


def _suite() -> str:
    return _newest().batch.suite.name


def _invited() -> str:
    token = "an-invitation"
    if not Invitation.objects.filter(digest=digest_of(token)).exists():
        make_invitation(digest=digest_of(token))
    return token
