"""What can go wrong on the wire to a model, each with its code, cause and fix."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from judges.models import ModelError

# What another try may change; a refusal would be the same again.
PASSING: Final = frozenset({"model_unreachable", "model_timeout", "model_failed"})
_LONGEST_TOLD: Final = 300


class RateLimited(ModelError):
    """The endpoint wants fewer requests (429); `retry_after` is in seconds, None if not told."""

    def __init__(self, message: str, *, retry_after: float | None) -> None:
        hint = "Wait as long as it says; lower the endpoint's limits if it goes on."
        super().__init__(message, code="model_rate_limited", hint=hint)
        self.retry_after = retry_after


class BadRequest(ModelError):
    """The endpoint does not take this very request (400 or 422): `model_refused`."""


def no_answer(base_url: str, *, why: Exception) -> ModelError:
    """Tell that no connection came about, or that it broke off."""
    return ModelError(
        f"{base_url} does not answer: {type(why).__name__} {why}"[:_LONGEST_TOLD],
        code="model_unreachable",
        hint="Check the base URL, and whether the server behind it runs.",
    )


def too_slow(timeout_s: float) -> ModelError:
    """Tell that the reply was not there in time."""
    return ModelError(
        f"There was no whole reply within {timeout_s:g} s.",
        code="model_timeout",
        hint="Raise the endpoint's timeout, or ask for fewer tokens.",
    )


def too_long(most: int) -> ModelError:
    """Tell that the reply was cut because of its size in bytes."""
    return no_sense(f"it is longer than {most} bytes")


def no_sense(why: str) -> ModelError:
    """Tell that the reply is not what the API gives."""
    return ModelError(
        f"The reply cannot be read: {why}",
        code="model_reply_invalid",
        hint="Check that the base URL is that of an OpenAI-compatible API: it often ends in /v1.",
    )


def refused(status: int, *, text: bytes, headers: Mapping[str, str]) -> ModelError:
    """Give the error of a status that is not 200."""
    error = _of_status(status, text=text, headers=headers)
    error.status = status
    return error


def _of_status(status: int, *, text: bytes, headers: Mapping[str, str]) -> ModelError:
    told = text[:_LONGEST_TOLD].decode("utf-8", "replace").strip()
    message = f"The endpoint answered {status}: {told}"
    if status == 429:
        return RateLimited(message, retry_after=retry_after(headers))
    if status >= 500:
        hint = "It is the endpoint's own failure; try again later."
        return ModelError(message, code="model_failed", hint=hint)
    kind = BadRequest if status in (400, 422) else ModelError
    hint = "Check model, key and parameters; a redirect is not followed."
    return kind(message, code="model_refused", hint=hint)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Read how many seconds to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date."""
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    told = headers.get("Retry-After", "")
    seconds = _number(told)
    return _until(told) if seconds is None else seconds


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _until(text: str) -> float | None:
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())
