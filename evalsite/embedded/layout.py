"""Where the embedded servers keep what is theirs: paths only, nothing is created here."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from evalsite.tenants.roles import ROLES

ADMIN: Final = "evalsite_admin"
# The number is only a part of the socket's name: nothing listens on TCP.
PORT: Final = 5432
# macOS allows 103 bytes and Linux 107; a comma or a space would end a name inside a URL.
_SOCKET_BYTES: Final = 103
_PLAIN_PATH: Final = re.compile(r"[A-Za-z0-9._/-]+")
_SHORT: Final = Path("/tmp")  # noqa: S108  (the folder inside is made 0700, its owner checked)


@dataclass(frozen=True)
class Layout:
    """The paths below one data folder; `root` is the folder itself, such as `.evalsite`."""

    root: Path

    @cached_property
    def data(self) -> Path:
        """The data folder as an absolute path without links."""
        return self.root.resolve()

    @property
    def postgres_home(self) -> Path:
        """PostgreSQL's own folder: here, or a link to where its user may go."""
        return self.data / "postgres"

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data directory."""
        return self.postgres_home / "cluster"

    @property
    def postgres_socket(self) -> Path:
        """The socket that PostgreSQL answers on."""
        return self._short_enough(self.postgres_home / "run" / f".s.PGSQL.{PORT}")

    @property
    def passfile(self) -> Path:
        """The passwords of the database roles, in libpq's format."""
        return self.data / "pgpass"

    @property
    def valkey_home(self) -> Path:
        """Valkey's folder."""
        return self.data / "valkey"

    @property
    def valkey_socket(self) -> Path:
        """The socket that Valkey answers on."""
        return self._short_enough(self.valkey_home / "valkey.sock")

    @property
    def broker_url(self) -> str:
        """Celery's URL of the embedded broker."""
        return f"redis+socket://{self.valkey_socket}?virtual_host=0"

    @property
    def mail(self) -> Path:
        """Where e-mail is written as files."""
        return self.data / "mail"

    @property
    def run(self) -> Path:
        """The lock, and the records of running children."""
        return self.data / "run"

    @property
    def lock(self) -> Path:
        """The file whose lock makes one command at a time start or stop servers."""
        return self.run / "lock"

    def log(self, name: str) -> Path:
        """Name the log file of a server or child."""
        return self.data / "log" / f"{name}.log"

    def bootstrapped(self, database: str) -> Path:
        """Name the file which says that roles and this database exist.

        A release that adds a role looks for another name, and so makes them anew.
        """
        return self.run / f"database-{database}-{len(ROLES)}-roles"

    def marks(self) -> list[Path]:
        """List the files that say how far the present cluster is; void for another cluster."""
        return [*self.run.glob("database-*"), *self.run.glob("migrated-*")]

    def database_settings(self, role: str, *, name: str) -> dict[str, Any]:
        """Give Django's settings of one role; the password stays in the passfile."""
        return {
            "HOST": str(self.postgres_socket.parent),
            "PORT": str(PORT),
            "USER": role,
            "PASSWORD": "",
            "NAME": name,
            # No other method: a false server could ask for the password in clear.
            "OPTIONS": {"passfile": str(self.passfile), "require_auth": "scram-sha-256"},
        }

    def _short_enough(self, socket: Path) -> Path:
        text = str(socket)
        if len(os.fsencode(text)) <= _SOCKET_BYTES and _PLAIN_PATH.fullmatch(text):
            return socket
        known = hashlib.sha256(os.fsencode(f"{os.getuid()}:{socket.parent}")).hexdigest()[:16]
        return _SHORT / f"evalsite-{known}" / socket.name
