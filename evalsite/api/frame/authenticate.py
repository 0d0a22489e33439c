"""Who asks: a program by its key, or a signed-in person by the session."""

from __future__ import annotations

from typing import Final

from rest_framework.authentication import BaseAuthentication
from rest_framework.authentication import SessionAuthentication as DrfSessionAuthentication
from rest_framework.request import Request
from structlog.contextvars import bind_contextvars

from evalsite.api.frame.problems import CHALLENGE
from evalsite.keys.attempts import note_failure, require_attempt
from evalsite.keys.holder import KeyHolder
from evalsite.keys.verify import KeyRefused, verify
from evalsite.tenants import scope
from evalsite.tenants.acting import Actor, ActorKind, act_as

_SCHEME: Final = "bearer"


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <key>`. A key is never taken from the address."""

    def authenticate(self, request: Request) -> tuple[KeyHolder, KeyHolder] | None:
        """Answer the key's holder, bound to its tenant; None where no key is shown.

        Raises KeyRefused for a bad one, TooManyAttempts where too many were bad, and
        TenantAlreadyBound where a session of another tenant came along with it.
        """
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != _SCHEME:
            return None
        address = request.META.get("REMOTE_ADDR", "")
        require_attempt(address)
        try:
            holder = verify(token.strip())
        except KeyRefused as error:
            # What has not the form of a key opens nothing, however often; a key that has ended is
            # no guess, and must not lock out who shares its address.
            if error.public_id and not error.was_right:
                note_failure(address)
            raise
        scope.bind(holder.tenant_id)
        bind_contextvars(key_id=str(holder.key_id))
        act_as(Actor(kind=ActorKind.KEY, name=str(holder), role=holder.role))
        return holder, holder

    def authenticate_header(self, request: Request) -> str:
        """Say how to come in, so that who did not is answered 401."""
        return CHALLENGE


class SessionAuthentication(DrfSessionAuthentication):
    """A person's session, with the CSRF token on every unsafe request."""

    def authenticate_header(self, request: Request) -> str:
        """Say how a program comes in: a person signs in on the pages."""
        return CHALLENGE
