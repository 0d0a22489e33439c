"""One shape for every error: RFC 9457 problem details, with our code, cause and fix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import structlog
from django.db import DatabaseError, DataError, InterfaceError, OperationalError
from django.http import Http404, JsonResponse
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.response import Response

from evalsite.errors import EvalsiteError
from evalsite.exchange.lines import BadLine
from judges.protocol import VerdictError

MEDIA_TYPE: Final = "application/problem+json"
CHALLENGE: Final = 'Bearer realm="evalsite"'
_LOG = structlog.get_logger("evalsite.api")
_TITLES: Final = {
    400: "The request cannot be understood",
    401: "Who are you?",
    403: "Not permitted",
    404: "Not found",
    405: "No such method here",
    406: "Not to be had in that form",
    409: "That cannot be done now",
    412: "It was changed meanwhile",
    413: "Too much at once",
    415: "Sent in a form that is not read here",
    422: "Understood, but it cannot be done as asked",
    429: "Too many requests",
    500: "Our fault",
    503: "Not at the moment",
}
_HINTS: Final = {
    "not_authenticated": "send `Authorization: Bearer <key>`, or sign in",
    "permission_denied": "a session sends its CSRF token as `X-CSRFToken` with each change",
    "not_found": "check the id, and that the key or session belongs to its tenant",
    "method_not_allowed": "docs/api.md and /api/v1/schema list the methods",
    "throttled": "wait as long as Retry-After says",
    "invalid": "mend the fields that `errors` names",
    "unsupported_media_type": (
        "send `Content-Type: application/json`, or `application/x-ndjson` where lines are read"
    ),
    "not_acceptable": "ask for application/json, or of an export for application/x-ndjson",
    "value_refused": "keep numbers within their range, and text free of NUL",
    "fault": "try again; if it stays so, give `request_id` to who runs the server",
    "unavailable": "try again in a few seconds",
    "overtaken": "what it rests on is gone, or its name is taken, since just now: look again",
}
_RETRY_SECONDS: Final = 5
# PostgreSQL's words for a row that is gone, or is there already, since it was looked for.
_OVERTAKEN: Final = {"23503", "23505"}
# What the OpenAPI document says of a body: who breaks it cannot be understood (400). The rest is
# understood, and refused for what it says (422).
_OF_THE_SHAPE: Final = {
    *("required", "null", "invalid", "type", "unknown", "empty", "page_size"),
    *("max_length", "min_length", "max_value", "min_value", "invalid_choice", "max_string_length"),
    *("not_a_list", "not_a_dict", "max_digits", "max_decimal_places", "max_whole_digits"),
}

_UNQUOTED: Final = {"invalid_choice": "This is none of the choices."}


def answer_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an exception as a problem; None for a fault of ours, which Django logs as a 500."""
    problem = _problem_of(error)
    if problem is None:
        return None
    status = problem["status"]
    return Response(
        problem, status=status, headers=_headers(error, status=status), content_type=MEDIA_TYPE
    )


def plain_problem(status: int, *, code: str, detail: str) -> JsonResponse:
    """Answer a problem where no view of the API is at work."""
    problem = _told(status, code=code, detail=detail)
    return JsonResponse(problem, status=status, content_type=MEDIA_TYPE)


def _problem_of(error: Exception) -> dict[str, Any] | None:
    match error:
        case EvalsiteError():
            return _told(
                error.http_status,
                code=error.code,
                detail=error.message,
                hint=error.hint,
                errors=[_line_error(bad) for bad in getattr(error, "lines", ())],
            )
        case VerdictError():
            return _told(422, code=error.code, detail=error.message, hint=error.hint)
        case Http404() | exceptions.NotFound():
            return _told(404, code="not_found", detail="There is nothing here.")
        case exceptions.ValidationError():
            errors = list(_field_errors(error.get_full_details()))
            status = 400 if _OF_THE_SHAPE & {flaw["code"] for flaw in errors} else 422
            return _told(status, code="invalid", detail=errors[0]["detail"], errors=errors)
        case exceptions.APIException():
            return _told(error.status_code, code=_code(error), detail=str(error.detail))
        case DatabaseError():
            return _of_the_database(error)
    return None


def _of_the_database(error: DatabaseError) -> dict[str, Any] | None:
    if isinstance(error, OperationalError | InterfaceError):
        _LOG.warning("database_away", kind=type(error).__name__)
        return _told(503, code="unavailable", detail="The database does not answer.")
    if getattr(error.__cause__, "sqlstate", "") in _OVERTAKEN:
        return _told(409, code="overtaken", detail="Somebody else was faster.")
    if isinstance(error, DataError):
        return _told(422, code="value_refused", detail="A value cannot be stored.")
    return None


def _told(
    status: int,
    *,
    code: str,
    detail: str,
    hint: str = "",
    errors: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    return {
        "type": f"urn:evalsite:problem:{code}",
        "title": _TITLES.get(status, "It did not work"),
        "status": status,
        "code": code,
        "detail": detail,
        "hint": hint or _HINTS.get(code, ""),
        "errors": errors or [],
        "request_id": structlog.contextvars.get_contextvars().get("request_id", ""),
        "at": timezone.now().isoformat(),
    }


def _code(error: exceptions.APIException) -> str:
    codes = error.get_codes()
    return codes if isinstance(codes, str) else error.default_code


def _field_errors(details: Any, *, field: str = "") -> Iterator[dict[str, str]]:
    """Flatten DRF's nested details to one line a field."""
    if isinstance(details, dict) and set(details) == {"message", "code"}:
        code = str(details["code"])
        # DRF quotes what was sent: with a slip of the pen that is a secret.
        told = _UNQUOTED.get(code, str(details["message"]))
        yield {"field": field, "code": code, "detail": told}
    elif isinstance(details, dict):
        for name, below in details.items():
            path = name if name != "non_field_errors" else ""
            yield from _field_errors(below, field=".".join(filter(None, (field, str(path)))))
    else:
        several = any(isinstance(item, dict) and "message" not in item for item in details)
        for place, below in enumerate(details):
            path = f"{field}.{place}".lstrip(".") if several else field
            yield from _field_errors(below, field=path)


def _line_error(bad: BadLine) -> dict[str, str]:
    place = ".".join(filter(None, (str(bad.line), bad.path)))
    return {"field": place, "code": bad.code, "detail": bad.message}


def _headers(error: Exception, *, status: int) -> dict[str, str]:
    headers = {"WWW-Authenticate": CHALLENGE} if status == 401 else {}
    wait = getattr(error, "wait", None) or getattr(error, "retry_after", None)
    if isinstance(error, OperationalError | InterfaceError):
        wait = _RETRY_SECONDS
    if wait:
        headers["Retry-After"] = str(max(1, round(wait)))
    return headers
