"""Every knob of a deployment: environment variables, `.env`, or files of secrets."""

from __future__ import annotations

import json
import os
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal, Self, get_origin
from urllib.parse import urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from evalsite.errors import EvalsiteError
from evalsite.peers import BROKERS, speaks_amqp

ROOT = Path(__file__).resolve().parent.parent


# No task runs longer; a message that is not acknowledged must stay hidden for twice as long.
TASK_SECONDS = 270
SHORTEST_KEY = 32


class SettingsInvalid(EvalsiteError):
    """A setting has a value that evalsite cannot run with."""

    code = "settings_invalid"
    hint = "mend the variable in the environment or in .env; docs/settings.md lists them all"


_FILE: Final = ROOT / ".env"
# Where a container keeps secrets as files: one per setting, named like it.
_SECRETS: Final = Path("/run/secrets")
_URLS = ("database_url", "database_owner_url", "database_maint_url", "database_admin_url")


class Env(BaseModel):
    """The deployment's settings, each documented in docs/settings.md."""

    model_config = ConfigDict(validate_default=True)

    database_url: SecretStr | None = None
    database_owner_url: SecretStr | None = None
    database_maint_url: SecretStr | None = None
    database_admin_url: SecretStr | None = None
    database_name: str = "evalsite"
    database_pool_size: int = Field(default=0, ge=0, le=100)
    broker_url: SecretStr | None = None
    valkey_url: SecretStr | None = None
    peer_seconds: float = Field(default=10, ge=1, le=600)
    evalsite_data_dir: Path = ROOT / ".evalsite"

    secret_key: SecretStr | None = None
    secrets_keys: list[SecretStr] = []
    api_key_peppers: list[SecretStr] = []
    outbound_allow: list[str] = []
    callable_targets: bool = False
    debug: bool = False
    allowed_hosts: list[str] = ["localhost", "127.0.0.1", "[::1]"]
    site_url: str = "http://127.0.0.1:8000"
    time_zone: str = "UTC"
    trusted_proxies: int = Field(default=0, ge=0, le=8)

    # Not validated, for that imports a library which few commands use.
    api_rate_key: str = Field(default="1200/minute", validate_default=False)
    api_rate_tenant: str = Field(default="6000/minute", validate_default=False)
    api_body_bytes: int = Field(default=10 * 2**20, ge=2**10)
    api_stream_bytes: int = Field(default=2**30, ge=2**10)

    oidc_server_url: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr | None = None
    oidc_name: str = "single sign-on"

    email_url: SecretStr | None = None
    email_from: str = "evalsite <evalsite@localhost>"

    worker_slots: int = Field(default_factory=lambda: os.cpu_count() or 2, ge=1, le=256)
    lease_seconds: float = Field(default=30, gt=0.2, le=3600)
    chunk_seconds: float = Field(default=0.5, gt=0, le=600)
    redispatch_seconds: float = Field(default=15, gt=0.2, le=3600)
    sweep_seconds: float = Field(default=2, gt=0.05, le=600)
    visibility_seconds: int = Field(default=600, gt=2 * TASK_SECONDS)
    stuck_seconds: float = Field(default=900, gt=1, le=86_400)
    max_attempts: int = Field(default=5, ge=1, le=100)
    unscored_limit: float = Field(default=0.2, ge=0, le=1)
    sandbox_trusted: bool = False
    preflight_days: float = Field(default=7, ge=0, le=365)
    retention_seconds: float = Field(default=3600, gt=0.2, le=86_400)
    blob_object_bytes: int = Field(default=1_048_576, ge=1)
    blob_storage: str = "django.core.files.storage.FileSystemStorage"
    blob_storage_options: dict[str, Any] = {}

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["", "json", "console"] = ""
    log_addresses: bool = False
    log_exception_text: bool = False
    otel_exporter_otlp_endpoint: str = ""

    flower_url: str = Field(default="", pattern=r"^(https?://\S+)?$")
    flower_user: str = "flower"
    flower_password: SecretStr | None = None
    metrics_token: SecretStr | None = Field(default=None, min_length=16)

    @field_validator(*_URLS)
    @classmethod
    def _is_connection_string(cls, value: SecretStr | None) -> SecretStr | None:
        try:
            conninfo_to_dict(value.get_secret_value() if value else "")
        except ProgrammingError:
            # Its own message would repeat the password.
            raise ValueError("is no PostgreSQL URL") from None
        return value

    @field_validator("broker_url", "valkey_url")
    @classmethod
    def _is_broker(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(BROKERS):
            raise ValueError(f"is no URL that begins with one of {', '.join(BROKERS)}")
        return value

    @field_validator("valkey_url")
    @classmethod
    def _is_valkey(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and speaks_amqp(value.get_secret_value()):
            raise ValueError("is a Valkey or Redis, never a RabbitMQ")
        return value

    @field_validator("email_url")
    @classmethod
    def _is_mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        try:
            _ = value and urlsplit(value.get_secret_value()).port
        except ValueError:
            # A / in a password ends the host there, and what stands before it were the port.
            raise ValueError("is no URL: write / : @ in a password as %2F %3A %40") from None
        return value

    @field_validator("secrets_keys", "api_key_peppers")
    @classmethod
    def _is_long(cls, value: list[SecretStr]) -> list[SecretStr]:
        if any(len(key.get_secret_value()) < SHORTEST_KEY for key in value):
            raise ValueError(f"each key wants {SHORTEST_KEY} characters or more")
        return value

    @field_validator("api_rate_key", "api_rate_tenant")
    @classmethod
    def _is_rate(cls, value: str) -> str:
        from limits import parse

        try:
            parse(value)
        except ValueError:
            raise ValueError("is no rate such as 1200/minute") from None
        return value

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if self.database_url and not (self.database_owner_url and self.database_maint_url):
            raise ValueError("DATABASE_URL needs DATABASE_OWNER_URL and DATABASE_MAINT_URL too")
        is_amqp = self.broker_url and speaks_amqp(self.broker_url.get_secret_value())
        if is_amqp and not self.valkey_url:
            raise ValueError("BROKER_URL of a RabbitMQ needs VALKEY_URL too")
        if self.oidc_server_url and not (self.oidc_client_id and self.oidc_client_secret):
            raise ValueError("OIDC_SERVER_URL needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET too")
        return self


@lru_cache(maxsize=1)
def load() -> Env:
    """Read the settings once; raises SettingsInvalid naming each bad variable."""
    try:
        return read_env()
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, item['loc'])).upper() or 'settings'}: {item['msg']}"
            for item in error.errors()
        )
        raise SettingsInvalid(problems) from None


def read_env(*, file: Path = _FILE, secrets: Path = _SECRETS) -> Env:
    """Read variables, which win over lines of the file, which win over secrets.

    Raises SettingsInvalid for a list or table that is no JSON, else pydantic's ValidationError.
    """
    variables = {name.lower(): text for name, text in os.environ.items()}
    given = {**_files_in(secrets), **_lines_of(file), **variables}
    return Env.model_validate(
        {name: _value(name, given[name]) for name in Env.model_fields.keys() & given.keys()}
    )


def _files_in(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        return {}
    files = {path.name.lower(): path for path in folder.iterdir() if path.is_file()}
    return {
        name: files[name].read_text().strip() for name in Env.model_fields.keys() & files.keys()
    }


def _lines_of(file: Path) -> dict[str, str]:
    if not file.is_file():
        return {}
    from dotenv import dotenv_values

    return {name.lower(): text for name, text in dotenv_values(file).items() if text is not None}


def _value(name: str, text: str) -> Any:
    if get_origin(Env.model_fields[name].annotation) not in (list, dict):
        return text
    try:
        return json.loads(text)
    except ValueError:
        # What it says stays untold, for it may be a key.
        raise SettingsInvalid(f"{name.upper()}: is no JSON") from None


def command() -> str:
    """Name the management command that this process runs, or an empty string."""
    return sys.argv[1] if len(sys.argv) > 1 and sys.argv[0].endswith("manage.py") else ""
