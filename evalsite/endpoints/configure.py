"""Add or change an endpoint. The secret comes in here, and never goes out by this door."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from pydantic import SecretStr

from evalsite.audit.changes import change
from evalsite.audit.record import record
from evalsite.endpoints.guard import check_url, origin
from evalsite.endpoints.models import RESERVED, Endpoint, OutboundAddress
from evalsite.endpoints.seal import is_current, open_secret, seal
from evalsite.errors import EvalsiteError

_AUDITED = (
    *("kind", "base_url", "default_model", "is_default"),
    *("requests_per_minute", "tokens_per_minute", "parallel", "timeout_s"),
)
_LONGEST_SECRET = 4096
_NAMES = "a name is up to 100 letters, digits, hyphens and underscores"
KEPT, SET, REMOVED = "kept", "set", "removed"


class EndpointInvalid(EvalsiteError):
    """A field of the endpoint cannot be kept."""

    code = "endpoint_invalid"
    hint = "docs/commands.md lists what an endpoint has; a new one needs --url"
    exit_code = 2
    http_status = 422


class SecretWanted(EvalsiteError):
    """The URL would take a kept secret to another host."""

    code = "secret_wanted"
    hint = "give the secret again, or remove it, when the URL's host changes"
    exit_code = 2
    http_status = 422


class EndpointExists(EvalsiteError):
    """The tenant has an endpoint of that name already."""

    code = "endpoint_exists"
    hint = "change the one that is there, or choose another name"


def configure(
    endpoint: Endpoint,
    *,
    secret: SecretStr | None = None,
    forget: bool = False,
    actor: object = "",
) -> Endpoint:
    """Save an endpoint, new or changed, and put it on the audit trail.

    Without a `secret` the one that is kept stays, unless `forget` removes it. Being the default
    is taken from the endpoint that was it. Raises EndpointInvalid, UrlRefused, EndpointBlocked,
    EndpointExists, and SecretWanted where the kept secret belongs to another origin.
    """
    _check(endpoint)
    if secret is not None and not can_be_sent(secret.get_secret_value()):
        raise EndpointInvalid(f"secret: up to {_LONGEST_SECRET} printable ASCII characters")
    with transaction.atomic():
        before = Endpoint.objects.select_for_update().filter(pk=endpoint.pk).first()
        fate = _place_secret(endpoint, before=before, secret=secret, forget=forget)
        if endpoint.is_default:
            others = Endpoint.objects.filter(is_default=True).exclude(pk=endpoint.pk)
            others.update(is_default=False)
        _save(endpoint)
        verb = "added" if before is None else "changed"
        sides = change(_shown(before), _shown(endpoint))
        record(f"endpoint.{verb}", endpoint, actor=actor, **{f"secret_{fate}": True}, **sides)
    return endpoint


def remove_endpoint(endpoint: Endpoint, *, actor: object = "") -> None:
    """Delete an endpoint and its secret; what names it is told that it is gone when it calls."""
    with transaction.atomic():
        record("endpoint.deleted", endpoint, actor=actor, before=_shown(endpoint))
        endpoint.delete()


def reseal(*, actor: object = "") -> int:
    """Seal each secret of the tenant in scope anew by the first key; answers how many were.

    Raises SecretSealed when one cannot be opened; none is changed then.
    """
    kinds = OutboundAddress.__subclasses__()
    with transaction.atomic():
        return sum(_reseal(address, actor=actor) for kind in kinds for address in _kept(kind))


def _kept(kind: type[OutboundAddress]) -> QuerySet[OutboundAddress]:
    return kind._default_manager.select_for_update().exclude(sealed_secret="")


def _reseal(address: OutboundAddress, *, actor: object) -> bool:
    if is_current(address):
        return False
    address.sealed_secret = seal(address, SecretStr(open_secret(address) or ""))
    address.save(update_fields=["sealed_secret"])
    record(f"{address._meta.model_name}.changed", address, actor=actor, secret_resealed=True)
    return True


def _save(endpoint: Endpoint) -> None:
    try:
        with transaction.atomic():
            endpoint.save()
    except IntegrityError:
        if not Endpoint.objects.filter(name=endpoint.name).exclude(pk=endpoint.pk).exists():
            raise
        raise EndpointExists(f"there is an endpoint {endpoint.name!r} already") from None


def _shown(endpoint: Endpoint | None) -> dict[str, object]:
    """Answer what the audit trail shows of an endpoint."""
    return {name: getattr(endpoint, name) for name in _AUDITED} if endpoint else {}


def _check(endpoint: Endpoint) -> None:
    try:
        endpoint.clean_fields()
    except ValidationError as error:
        named = "; ".join(f"{name}: {' '.join(told)}" for name, told in error.message_dict.items())
        hint = _NAMES if "name" in error.message_dict else None
        raise EndpointInvalid(named, hint=hint) from None
    if endpoint.name == RESERVED:
        raise EndpointInvalid(f"name: {RESERVED!r} is taken by the judge model without a network")
    check_url(endpoint.base_url)


def can_be_sent(secret: str) -> bool:
    """Answer whether the secret fits into one line of an HTTP header."""
    plain = secret.isascii() and secret.isprintable()
    return plain and 0 < len(secret) <= _LONGEST_SECRET


def _place_secret(
    endpoint: Endpoint, *, before: Endpoint | None, secret: SecretStr | None, forget: bool
) -> str:
    """Put the sealed secret in its place, and answer what became of it."""
    kept = before.sealed_secret if before else ""
    if secret is not None:
        endpoint.sealed_secret = seal(endpoint, secret)
        return SET
    if forget or not kept:
        endpoint.sealed_secret = ""
        return REMOVED if kept else KEPT
    if before is not None and origin(before.base_url) != origin(endpoint.base_url):
        raise SecretWanted(f"the secret of {endpoint.name!r} was given for another host")
    endpoint.sealed_secret = kept
    return KEPT
