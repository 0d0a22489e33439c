"""The real servers that the tests run on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg.conninfo import conninfo_to_dict

ALIASES = {"default": "evalsite_app", "owner": "evalsite_owner", "maint": "evalsite_maint"}


@dataclass(frozen=True)
class Services:
    """Where the servers are. `admin` is the connection string of a role that may create roles."""

    admin: str
    name: str
    passwords: dict[str, str]

    def databases(self) -> dict[str, dict[str, Any]]:
        """Answer what to change in each of Django's database aliases."""
        place = conninfo_to_dict(self.admin)
        return {
            alias: {
                "HOST": place.get("host", ""),
                "PORT": str(place.get("port", 5432)),
                "USER": role,
                "PASSWORD": self.passwords[role],
                "NAME": self.name,
            }
            for alias, role in ALIASES.items()
        }


@contextmanager
def running_services() -> Iterator[Services]:
    """Run the servers until the block ends."""
    admin = os.environ["DATABASE_ADMIN_URL"]
    passwords = {"evalsite_app": "app", "evalsite_owner": "owner", "evalsite_maint": "maint"}
    yield Services(admin=admin, name=f"test_evalsite_{os.getpid()}", passwords=passwords)
