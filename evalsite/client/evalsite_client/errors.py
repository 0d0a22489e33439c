"""What can go wrong: the server refuses, the server is not there, or the client is not set up.

Each has a stable `code` and a `hint`. None of them ever holds the key.
"""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

from evalsite_client.steps import Answer


class ClientError(Exception):
    """The base of all errors of this client."""

    code = "client_error"
    hint = ""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = self.hint if hint is None else hint

    def __str__(self) -> str:
        fix = f" ({self.hint})" if self.hint else ""
        return f"[{self.code}] {self.message}{fix}"


class KeyMissing(ClientError):
    """No API key was given."""

    code = "client_key_missing"
    hint = "give api_key, or set EVALSITE_API_KEY"


class UrlMissing(ClientError):
    """No server was named, or not by an http(s) address."""

    code = "client_url_missing"
    hint = "give url, or set EVALSITE_URL, such as https://evalsite.example.org"


class Unreachable(ClientError):
    """The server did not answer, however often it was asked."""

    code = "unreachable"
    hint = "is the server up, and the address right?"


class WaitedTooLong(ClientError):
    """What was waited for did not come to its end in time; it goes on."""

    code = "waited_too_long"
    hint = "wait again, or longer: nothing is lost"


class NameUnknown(ClientError):
    """The server has nothing of that name."""

    code = "name_unknown"
    hint = "check the spelling, and that the key belongs to the right tenant"


class FileUnfit(ClientError):
    """A file cannot be read or written, or is not what it should be."""

    code = "file_unfit"
    hint = "check the path; a file of outputs has one JSON object a line"


class AnswerUnfit(ClientError):
    """The server answered what this client cannot read."""

    code = "answer_unfit"
    hint = "is the address that of an evalsite server, of a version that fits this client?"


class FieldError(NamedTuple):
    """What is wrong with one field of what was sent."""

    field: str
    code: str
    detail: str


class Problem(ClientError):
    """The server refused, and said why: RFC 9457 problem details."""

    def __init__(self, status: int, told: dict[str, Any]) -> None:
        said = (told.get(name) for name in ("detail", "title", "message"))
        detail = next((str(text) for text in said if text), f"HTTP {status}")
        super().__init__(detail, hint=str(told.get("hint") or ""))
        self.status = status
        self.code = str(told.get("code") or f"http_{status}")
        self.title = str(told.get("title") or "")
        self.request_id = str(told.get("request_id") or "")
        self.errors = tuple(_field_errors(told.get("errors")))

    def __str__(self) -> str:
        fields = "".join(f"; {e.field}: {e.detail}" for e in self.errors)
        asked = f" [request {self.request_id}]" if self.request_id else ""
        return f"{super().__str__()}{fields}{asked}"

    def __reduce__(self) -> tuple[Any, ...]:
        """Let it travel between processes whole."""
        return _again, (type(self), self.__dict__)


class Invalid(Problem):
    """400, 413, 415, 422: what was sent cannot be taken."""


class NotSignedIn(Problem):
    """401: the key is missing, unknown, expired or revoked."""


class NotPermitted(Problem):
    """403: the role or the key's scopes do not allow it."""


class NotFound(Problem):
    """404: it is not there, or not this tenant's."""


class Conflict(Problem):
    """409: it cannot be done as things are now."""


class Outdated(Problem):
    """412: it was changed since it was read."""


class TooMany(Problem):
    """429: too many requests, also after all retries."""


class ServerFault(Problem):
    """5xx: the server's fault."""


_KINDS: Final[dict[int, type[Problem]]] = {
    **dict.fromkeys((400, 413, 415, 422), Invalid),
    401: NotSignedIn,
    403: NotPermitted,
    404: NotFound,
    409: Conflict,
    412: Outdated,
    429: TooMany,
}


def problem_of(answer: Answer) -> Problem:
    """Answer the error that an answer of 400 and above means."""
    kind = ServerFault if answer.status >= 500 else _KINDS.get(answer.status, Problem)
    try:
        told = json.loads(answer.content)
    except ValueError:
        told = {}
    return kind(answer.status, told if isinstance(told, dict) else {})


def _field_errors(told: Any) -> list[FieldError]:
    rows = [row for row in told if isinstance(row, dict)] if isinstance(told, list) else []
    return [FieldError(*(str(row.get(name, "")) for name in FieldError._fields)) for row in rows]


def _again(kind: type[Problem], state: dict[str, Any]) -> Problem:
    error = kind(state["status"], {})
    error.__dict__.update(state)
    return error
