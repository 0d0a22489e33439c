"""The wire to any endpoint that speaks OpenAI's chat and embeddings: one request, one reply.

It keeps no limit, no cache and no purse, and it tries nothing twice: whoever runs the judges does.
"""

from __future__ import annotations

import json
from time import perf_counter
from typing import Any, Final, TypeVar

import orjson
from pydantic import BaseModel, Field, FiniteFloat, SecretStr, ValidationError

from judges.cross_out import cross_out
from judges.models import ChatReply, ChatRequest, EmbedReply, EmbedRequest, Usage
from judges.post import Poster, TooLong
from judges.trouble import BadRequest, no_answer, no_sense, refused, too_long, too_slow

Body = TypeVar("Body", bound=BaseModel)

LONGEST_CHAT: Final = 4 * 2**20
LONGEST_EMBEDDINGS: Final = 64 * 2**20
_SHORTEST_KEY_HIDDEN: Final = 8
# Not for a judge to set: the request itself, and what would pay for replies that nobody reads.
RESERVED: Final = frozenset(("model", "messages", "tools", "response_format", "stream", "n"))
# How a structured reply is asked for, the strictest first.
_FORMATS: Final = ("json_schema", "json_object", "")
_STRICT: Final = json.JSONEncoder(allow_nan=False)
# What a server takes, by base URL, model and key, once it has refused something stricter.
_taken: dict[tuple[str, str, int], int] = {}


class _Message(BaseModel):
    content: str | list[Any] | None = None
    refusal: str | None = None
    tool_calls: list[dict[str, Any]] | None = None

    def text(self) -> str:
        if isinstance(self.content, list):
            parts = (part.get("text") for part in self.content if isinstance(part, dict))
            return "".join(part for part in parts if isinstance(part, str))
        return self.content or self.refusal or ""


class _Choice(BaseModel):
    message: _Message


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1)
    model: Any = None
    usage: Any = None


class _Embedding(BaseModel):
    index: int
    embedding: list[FiniteFloat] = Field(min_length=1)


class _Embeddings(BaseModel):
    data: list[_Embedding]
    model: Any = None
    usage: Any = None


class OpenAIWire:
    """A Caller over one base URL, such as https://api.example.org/v1, and one key.

    The poster is the caller's, and so is what it may connect to. No redirect is followed, and a
    reply is read up to LONGEST_CHAT or LONGEST_EMBEDDINGS bytes. The key is in no error, text or
    repr: should the server repeat it, it is crossed out.
    """

    def __init__(self, base_url: str, *, key: str | None, poster: Poster, timeout_s: float) -> None:
        self.base_url = base_url.rstrip("/")
        self.timeout_s = timeout_s
        self._key = SecretStr(key or "")
        self._poster = poster

    def __repr__(self) -> str:
        return f"OpenAIWire({self.base_url!r})"

    async def chat(self, request: ChatRequest) -> ChatReply:
        """Ask /chat/completions.

        Where the server refuses a JSON Schema as the format, a JSON object is asked for, and then
        plain text; what it took is remembered. Raises ModelError: `model_unreachable`,
        `model_timeout`, `model_refused` (3xx and 4xx), `model_rate_limited` (a RateLimited),
        `model_failed` (5xx) and `model_reply_invalid`.
        """
        known = (self.base_url, request.model, hash(self._key))
        strictest = _taken.get(known, 0) if request.schema else len(_FORMATS) - 1
        *stricter, step = range(strictest, len(_FORMATS))
        for form in stricter:
            try:
                reply, step = await self._chat(request, form=_FORMATS[form]), form
            except BadRequest:
                continue
            break
        else:
            reply = await self._chat(request, form=_FORMATS[step])
        if step > strictest:
            _taken[known] = step
        return reply

    async def embed(self, request: EmbedRequest) -> EmbedReply:
        """Ask /embeddings; raises as chat does."""
        body = {"model": request.model, "input": list(request.texts)}
        started = perf_counter()
        raw = await self._post("/embeddings", body, most=LONGEST_EMBEDDINGS)
        found = _read(_Embeddings, raw)
        by_place = {item.index: item.embedding for item in found.data}
        vectors = [by_place[place] for place in sorted(by_place)]
        if len(vectors) != len(request.texts) or len({len(vector) for vector in vectors}) > 1:
            raise no_sense("it gave not one vector of one length for each text")
        usage = _usage(found.usage, model=request.model or found.model, started=started)
        return EmbedReply(vectors=vectors, usage=usage)

    async def _chat(self, request: ChatRequest, *, form: str) -> ChatReply:
        started = perf_counter()
        raw = await self._post("/chat/completions", _body(request, form=form), most=LONGEST_CHAT)
        found = _read(_Completion, raw)
        message = found.choices[0].message
        usage = _usage(found.usage, model=request.model or found.model, started=started)
        return ChatReply(text=message.text(), usage=usage, tool_calls=message.tool_calls or ())

    async def _post(self, path: str, body: dict[str, Any], *, most: int) -> bytes:
        try:
            answer = await self._poster.post(
                self.base_url + path,
                _encoded(body),
                headers=self._headers(),
                timeout_s=self.timeout_s,
                most=most,
            )
        except TooLong:
            raise too_long(most) from None
        except TimeoutError as error:
            raise too_slow(self.timeout_s) from error
        except OSError as error:
            raise no_answer(self.base_url, why=error) from error
        raw = self._crossed_out(answer.body)
        if answer.status != 200:
            raise refused(answer.status, text=raw, headers=answer.headers())
        return raw

    def _headers(self) -> dict[str, str]:
        key = self._key.get_secret_value()
        known = {"Authorization": f"Bearer {key}"} if key else {}
        return {"Content-Type": "application/json", **known}

    def _crossed_out(self, raw: bytes) -> bytes:
        key = self._key.get_secret_value()
        return cross_out(raw, key) if len(key) >= _SHORTEST_KEY_HIDDEN else raw


def _body(request: ChatRequest, *, form: str) -> dict[str, Any]:
    free = {name: value for name, value in request.parameters.items() if name not in RESERVED}
    body = {**free, "messages": list(request.messages)}
    if request.model:
        body["model"] = request.model
    if request.tools:
        body["tools"] = list(request.tools)
    if form == "json_schema":
        schema = {"name": "reply", "strict": True, "schema": request.schema}
        body["response_format"] = {"type": form, "json_schema": schema}
    elif form:
        body["response_format"] = {"type": form}
    return body


def _encoded(body: dict[str, Any]) -> bytes:
    """Write as JSON; raises ValueError for NaN, which orjson writes as null, and which is none."""
    try:
        raw = orjson.dumps(body)
    except orjson.JSONEncodeError:  # half a surrogate pair, or a number of more than 64 bits
        raw = b"null"
    return _STRICT.encode(body).encode() if b"null" in raw else raw


def _read(kind: type[Body], raw: bytes) -> Body:
    try:
        return kind.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise no_sense(f"{where} {first['msg']}".strip()) from None


def _usage(given: Any, *, model: Any, started: float) -> Usage:
    return Usage(
        model=model if isinstance(model, str) else "",
        tokens_in=_count(given, "prompt_tokens"),
        tokens_out=_count(given, "completion_tokens"),
        latency_ms=round((perf_counter() - started) * 1000, 3),
    )


def _count(usage: Any, name: str) -> int | None:
    count = usage.get(name) if isinstance(usage, dict) else None
    return count if type(count) is int and count >= 0 else None
