"""Say what a model costs a tenant, or that its list price is right after all."""

from __future__ import annotations

from typing import Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from evalsite.audit.changes import change, shown
from evalsite.audit.record import record
from evalsite.calls.models import Price
from evalsite.errors import EvalsiteError

_AUDITED: Final = ("endpoint", "model", "usd_in", "usd_out")


class PriceInvalid(EvalsiteError):
    """A field of a price cannot be kept."""

    code = "price_invalid"
    hint = "US dollars per million tokens, not below 0, with up to 6 digits after the point"
    http_status = 422


class PriceExists(EvalsiteError):
    """The model has a price at that endpoint already."""

    code = "price_exists"
    hint = "change the one that is there"


def set_price(price: Price, *, actor: object = "") -> Price:
    """Keep a new or changed price; raises PriceInvalid and PriceExists."""
    try:
        price.clean_fields()
    except ValidationError as error:
        raise PriceInvalid("; ".join(error.messages)) from None
    if min(price.usd_in, price.usd_out) < 0:
        raise PriceInvalid("a price is not below 0")
    before = Price.objects.filter(pk=price.pk).first()
    try:
        with transaction.atomic():
            price.save()
            sides = change(_shown(before), _shown(price))
            verb = "added" if before is None else "changed"
            record(f"price.{verb}", price, actor=actor, **sides)
    except IntegrityError:
        raise PriceExists(f"there is a price of {price} already") from None
    return price


def remove_price(price: Price, *, actor: object = "") -> None:
    """Delete a price: from now on the list price counts, if there is one."""
    with transaction.atomic():
        record("price.deleted", price, actor=actor, before=_shown(price))
        price.delete()


def _shown(price: Price | None) -> dict[str, str]:
    return {name: str(value) for name, value in shown(price, *_AUDITED).items()}
