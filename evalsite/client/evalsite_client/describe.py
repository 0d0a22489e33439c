"""Describe a request and how its answer is read."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from pydantic import BaseModel, ValidationError

from evalsite_client.errors import AnswerUnfit
from evalsite_client.retry import Retries, send
from evalsite_client.steps import Answer, Body, Flow, Plain, Request

M = TypeVar("M", bound=BaseModel)
IDEMPOTENCY_KEY: Final = "Idempotency-Key"
_PAGE: Final = 200
Ref = UUID | str


def place(*parts: object) -> str:
    """Answer the path of a resource, relative to the API's root."""
    return "/".join(str(part) for part in parts)


def given(**values: Any) -> dict[str, Any]:
    """Answer what was given: None means that the server's own default is wanted."""
    return {name: value for name, value in values.items() if value is not None}


def get(path: str, **params: Any) -> Request:
    """Describe a read; parameters that are None or empty are left out."""
    asked = {name: _text(value) for name, value in params.items() if value not in (None, "")}
    return Request(method="GET", path=path, params=asked)


def post(path: str, body: Mapping[str, Any] | None = None, *, key: str | None = None) -> Request:
    """Describe a change that is made once, however often it is sent: it has a key of its own."""
    headers = {IDEMPOTENCY_KEY: key or str(uuid.uuid4())}
    return Request(method="POST", path=path, headers=headers, body=json_body(body or {}))


def post_lines(path: str, body: Body, **params: Any) -> Request:
    """Describe an upload of rows: the server knows each by its natural key, so again is as once."""
    asked = {name: _text(value) for name, value in params.items() if value is not None}
    return Request(method="POST", path=path, params=asked, body=body)


def patch(path: str, body: Mapping[str, Any], *, etag: str | None = None) -> Request:
    """Describe an edit; with the ETag that was read it is refused if somebody else came first."""
    headers = {"If-Match": etag} if etag else {}
    return Request(
        method="PATCH", path=path, headers=headers, body=json_body(body), safe_again=etag is None
    )


def delete(path: str) -> Request:
    """Describe a removal."""
    return Request(method="DELETE", path=path, safe_again=False)


@dataclass(frozen=True, slots=True)
class Pages(Generic[M]):
    """Describes a list that is read page by page."""

    request: Request
    model: type[M]

    def at(self, cursor: str, *, retries: Retries) -> Flow[tuple[list[M], str | None]]:
        """Answer the rows of a page, and the cursor of the next one, None after the last.

        Only the cursor is taken from the server's link: the key never follows a link elsewhere.
        """
        params = {"page_size": str(_PAGE), **self.request.params}
        asked = replace(self.request, params={**params, **({"cursor": cursor} if cursor else {})})
        page = read((yield from send(asked, retries=retries)), _Page)
        rows = [_fit(row, self.model) for row in page.results]
        return rows, _cursor(page.next) if page.next else None


@dataclass(frozen=True, slots=True)
class Stream(Generic[M]):
    """Describes rows that come as JSON lines while the server reads them."""

    request: Request
    model: type[M]

    def row(self, line: str) -> M:
        """Read a line; raises AnswerUnfit."""
        try:
            told = json.loads(line)
        except ValueError:
            raise AnswerUnfit("a line is no JSON") from None
        return _fit(told, self.model)


class _Page(BaseModel):
    results: list[Any]
    next: str | None = None


def read(answer: Answer, model: type[M]) -> M:
    """Read an answer as a model; the ETag and Location go with it where it has room for them."""
    extras = {"etag": answer.headers.get("etag"), "location": answer.headers.get("location")}
    told = parse(answer)
    if isinstance(told, dict):
        told |= {name: value for name, value in extras.items() if value is not None}
    return _fit(told, model)


def parse(answer: Answer) -> Any:
    """Parse an answer's JSON; raises AnswerUnfit."""
    try:
        return json.loads(answer.content or b"{}")
    except ValueError:
        raise AnswerUnfit(f"no JSON came with status {answer.status}") from None


def _fit(told: Any, model: type[M]) -> M:
    try:
        return model.model_validate(told)
    except ValidationError as error:
        raise AnswerUnfit(f"no {model.__name__}: {_what(error)}") from None


def _cursor(link: str) -> str | None:
    return next(iter(parse_qs(urlsplit(link).query).get("cursor", [])), None)


def json_body(body: Mapping[str, Any]) -> Plain:
    """Answer a body of JSON; raises TypeError and ValueError for what JSON cannot hold."""
    return Plain(json.dumps(body, ensure_ascii=False, allow_nan=False, default=_plain).encode())


def _plain(value: object) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _what(error: ValidationError) -> str:
    """Say which fields do not fit, without their values."""
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:3])
