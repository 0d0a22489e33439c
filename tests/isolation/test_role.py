"""The tests themselves run as the role that row-level security holds."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, connection, connections
from psycopg.conninfo import conninfo_to_dict

from evalsite.tenants.backend.base import DatabaseWrapper, UnsafeRole
from tests.services import Services


def one(sql: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def test_the_app_role_is_held(db: None) -> None:
    assert one("SELECT current_user") == "evalsite_app"
    held = "SELECT NOT rolsuper AND NOT rolbypassrls FROM pg_roles WHERE rolname = current_user"
    assert one(held) is True


def test_the_app_role_cannot_become_another(db: None) -> None:
    for role in ("evalsite_owner", "evalsite_maint", "evalsite_lookup", "evalsite_notary"):
        assert one(f"SELECT pg_has_role('{role}', 'SET')") is False


def wrapper(alias: str) -> DatabaseWrapper:
    return DatabaseWrapper({**connections[alias].settings_dict, "CANARY": True}, alias="probe")


def test_the_canary_lets_the_app_role_in(committed_db: None) -> None:
    probe = wrapper("default")
    probe.connect()
    assert probe.connection.info.user == "evalsite_app"
    probe.close()


def test_the_canary_refuses_the_owner(committed_db: None) -> None:
    with pytest.raises(UnsafeRole, match="evalsite_owner"):
        wrapper("owner").connect()


def test_the_canary_refuses_a_superuser(committed_db: None, services: Services) -> None:
    probe = wrapper("default")
    place = conninfo_to_dict(services.admin)
    probe.settings_dict |= {"USER": place["user"], "PASSWORD": place.get("password", "")}
    with pytest.raises(UnsafeRole, match="superuser|row-level security"):
        probe.connect()


def test_the_canary_refuses_maintenance(committed_db: None) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        wrapper("maint").ensure_connection()
