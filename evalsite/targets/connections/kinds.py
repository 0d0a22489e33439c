"""How a live run is asked: the forms of `Run.connection`, frozen with the run."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    TypeAdapter,
    ValidationError,
    field_validator,
)

from evalsite.errors import EvalsiteError
from evalsite.targets.connections.json_path import check_path
from evalsite.targets.connections.template import check_template

# Secrets belong to the endpoint, and the rest is the client's own business.
_OUR_HEADERS: Final = frozenset(
    (
        *("authorization", "proxy-authorization", "cookie", "host", "content-length"),
        *("transfer-encoding", "connection", "x-api-key", "api-key"),
    )
)
Template = Annotated[JsonValue, AfterValidator(check_template)]
TextTemplate = Annotated[str, AfterValidator(check_template)]
Path = Annotated[str, AfterValidator(check_path)]


class ConnectionInvalid(EvalsiteError):
    """What a run was told about its live target is not right."""

    code = "connection_invalid"
    hint = "docs/targets.md shows each kind of connection"
    exit_code = 2
    http_status = 422


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class ChatConnection(_Form):
    """A chat model; the case's tools are offered to it, and its calls are recorded."""

    kind: Literal["chat"]
    endpoint: str = ""
    model: str = ""
    system: str = ""
    parameters: dict[str, JsonValue] = {}


class UsagePaths(_Form):
    """Where a reply says what it took; what it does not say stays unknown."""

    tokens_in: Path | None = None
    tokens_out: Path | None = None
    cost_usd: Path | None = None


class HttpConnection(_Form):
    """A service that answers JSON; `output` says where each field of the output is in it."""

    kind: Literal["http"]
    endpoint: str = ""
    method: Literal["GET", "POST", "PUT", "PATCH"] = "POST"
    path: TextTemplate = ""
    query: dict[str, TextTemplate] = {}
    headers: dict[str, TextTemplate] = {}
    body: Template = None
    output: dict[str, Path] = Field(min_length=1)
    usage: UsagePaths | None = None
    statuses: list[Annotated[int, Field(ge=200, le=599)]] = [200]
    secret_header: str = Field(default="Authorization", pattern=r"^[A-Za-z0-9-]{1,60}$")
    secret_prefix: str = Field(default="Bearer ", pattern=r"^[\x20-\x7e]{0,40}$")

    @field_validator("path")
    @classmethod
    def _stays_at_home(cls, path: str) -> str:
        if (path and not path.startswith("/")) or "?" in path or "#" in path:
            raise ValueError("a path begins with / and has no query")
        return path

    @field_validator("headers")
    @classmethod
    def _no_secret(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if name.lower() in _OUR_HEADERS:
                raise ValueError(f"{name} is not yours to set: a secret belongs to the endpoint")
            if not name.replace("-", "").isalnum() or not value.isprintable():
                raise ValueError(f"{name!r:.60} is no plain header")
        return headers


class McpConnection(_Form):
    """A chat model with the tools of an MCP server, which executes the calls."""

    kind: Literal["mcp"]
    endpoint: str = ""
    model_endpoint: str = ""
    model: str = ""
    system: str = ""
    parameters: dict[str, JsonValue] = {}
    tools: list[str] | None = None
    rounds: int = Field(default=8, ge=1, le=50)


class CallableConnection(_Form):
    """A Python function of the worker: `module:function`, given the input, gives the output."""

    kind: Literal["callable"]
    path: str = Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")


Connection = Annotated[
    ChatConnection | HttpConnection | McpConnection | CallableConnection,
    Field(discriminator="kind"),
]
# Few commands read one: validators are built when the first is read.
_ADAPTER: Final[TypeAdapter[Any]] = TypeAdapter(Connection, config=ConfigDict(defer_build=True))


def read_connection(value: Any) -> Connection:
    """Answer the connection that JSON describes; raises ConnectionInvalid naming the place."""
    try:
        made: Connection = _ADAPTER.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "connection"
        told = first["msg"].removeprefix("Value error, ")
        raise ConnectionInvalid(f"{place}: {told}") from None
    return made


def endpoint_of(connection: Connection) -> str | None:
    """Name the endpoint that a session is opened to; None where there is none.

    A chat model needs no session here: whoever carries the calls has one.
    """
    if isinstance(connection, HttpConnection | McpConnection):
        return connection.endpoint
    return None


def endpoints_of(connection: Connection) -> tuple[tuple[str, str], ...]:
    """Give name and kind of each endpoint that is needed; an empty name is the default one."""
    if isinstance(connection, CallableConnection):
        return ()
    own = (connection.endpoint, connection.kind)
    return (own, (connection.model_endpoint, "chat")) if connection.kind == "mcp" else (own,)
