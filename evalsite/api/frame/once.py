"""Do what an Idempotency-Key asks for once, and answer the same to whoever asks again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import orjson
from django.db import connection
from django.db.models.functions import Now
from rest_framework.request import Request
from rest_framework.response import Response

from evalsite.api.frame.render import as_json
from evalsite.api.models import Answered
from evalsite.errors import EvalsiteError, UsageError
from evalsite.keys.holder import KeyHolder

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"
_KEPT: Final = timedelta(days=2)
_SWEPT: Final = 100
_KEY: Final = re.compile("[!-~]{1,255}")
# Who asks while the first is still at it waits as long, then is told to come back.
_WAIT: Final = "SET LOCAL lock_timeout = '5s'"
_AT_EASE: Final = "SET LOCAL lock_timeout = DEFAULT"


class KeyReused(EvalsiteError):
    """The Idempotency-Key was used for another request."""

    code = "idempotency_key_reused"
    hint = "make a new key for each new request; use one again only to repeat the same"


class AnswerNotKept(EvalsiteError):
    """The request was done, but its answer held a secret and was not kept."""

    code = "answer_not_kept"
    hint = (
        "it was done the first time; look at the list, and make another one if the secret is lost"
    )


class IdempotencyKeyInvalid(UsageError):
    """The Idempotency-Key cannot be kept."""

    code = "idempotency_key_invalid"
    hint = "use 1 to 255 printable ASCII characters and no space, such as a UUID"
    http_status = 400


def answer_once(request: Request, do: Callable[[], Response], *, keep: bool) -> Response:
    """Do it, in the open transaction, unless it was done; answer what it answered.

    Only what succeeds is kept. Without `keep` the body is not: it holds a secret. Raises KeyReused,
    AnswerNotKept and IdempotencyKeyInvalid.
    """
    key = _key(request)
    row = Answered(key=key, asked=_fingerprint(request))
    with connection.cursor() as cursor:
        cursor.execute(_WAIT)
        made = Answered.objects.bulk_create([row], ignore_conflicts=True)
        cursor.execute(_AT_EASE)
    first = Answered.objects.get(key=key)
    if first.pk != made[0].pk:
        return _replay(first, asked=row.asked)
    response = do()
    body = orjson.loads(as_json(response.data)) if keep else None
    Answered.objects.filter(pk=first.pk).update(
        status=response.status_code, body=body, location=response.headers.get("Location", "")
    )
    _sweep()
    return response


def _replay(first: Answered, *, asked: str) -> Response:
    if first.asked != asked:
        raise KeyReused("the key was used for another request")
    if first.body is None and first.status != 204:
        raise AnswerNotKept("the answer held a secret")
    headers = {REPLAYED: "true"}
    if first.location:
        headers["Location"] = first.location
    return Response(first.body, status=first.status, headers=headers)


def _key(request: Request) -> str:
    key = request.headers[HEADER].strip(" \t")  # which HTTP does not count to it
    if not _KEY.fullmatch(key):
        raise IdempotencyKeyInvalid(f"the header {HEADER} has {len(key)} characters, or odd ones")
    return key


def _fingerprint(request: Request) -> str:
    """Hash who asks for what: another's key, address or body is another request."""
    holder = request.auth
    parts: list[Any] = [
        str(holder.key_id if isinstance(holder, KeyHolder) else request.user.pk),
        request.method,
        request.get_full_path(),
        request.data,
    ]
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _sweep() -> None:
    """Forget a few of what is too old to be asked for again."""
    old = Answered.objects.filter(answered_at__lt=Now() - _KEPT).values("pk")[:_SWEPT]
    Answered.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
