"""A referee beside the product: the database notes who changed what, and in which transaction.

One layer mends what another gets wrong, so that the end of a batch may look well over a defect.
The log shows the layer itself; `fouls` reads it. Who: the sessions' PGAPPNAME, a role of the world.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

import psycopg

from tests.services import Services

# Statements without rows are noted too: a coordinator that finds nothing to sweep has swept.
SWEPT = "swept"
_INSTALL = """
DROP SCHEMA IF EXISTS referee CASCADE;
CREATE SCHEMA referee;
CREATE TABLE referee.log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    who text NOT NULL DEFAULT current_setting('application_name'),
    act text NOT NULL DEFAULT pg_current_xact_id()::text,
    what text NOT NULL,
    before jsonb,
    after jsonb
);
GRANT USAGE ON SCHEMA referee TO evalsite_app;
GRANT INSERT ON referee.log TO evalsite_app;
CREATE FUNCTION referee.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO referee.log (what, before, after) VALUES (
        TG_TABLE_NAME || ' ' || lower(TG_OP),
        to_jsonb(OLD) - ARRAY['revisions', 'text', 'html'],
        to_jsonb(NEW) - ARRAY['revisions', 'text', 'html']);
    RETURN NULL;
END $$;
CREATE FUNCTION referee.note_sweep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('application_name') LIKE 'coordinator%' THEN
        INSERT INTO referee.log (what) VALUES ('swept');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER referee_rows AFTER INSERT OR UPDATE ON batches_chunk
    FOR EACH ROW EXECUTE FUNCTION referee.note();
CREATE TRIGGER referee_sweeps AFTER UPDATE ON batches_chunk
    FOR EACH STATEMENT EXECUTE FUNCTION referee.note_sweep();
CREATE TRIGGER referee_rows AFTER INSERT OR UPDATE ON batches_step
    FOR EACH ROW EXECUTE FUNCTION referee.note();
CREATE TRIGGER referee_rows AFTER DELETE ON pipeline_outboxmessage
    FOR EACH ROW EXECUTE FUNCTION referee.note();
CREATE TRIGGER referee_rows AFTER INSERT OR UPDATE ON pipeline_leadership
    FOR EACH ROW EXECUTE FUNCTION referee.note();
CREATE TRIGGER referee_rows AFTER INSERT OR UPDATE ON alerts_alert
    FOR EACH ROW EXECUTE FUNCTION referee.note();
"""
_LOG = "SELECT at, who, act, what, before, after FROM referee.log ORDER BY id"


class Entry(NamedTuple):
    """One change that was committed; `act` is its transaction."""

    at: datetime
    who: str
    act: str
    what: str
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


@contextmanager
def refereed(services: Services) -> Iterator[None]:
    """Have the database note what happens until the block ends; then nothing is left of it."""
    with services.superuser() as superuser:
        superuser.execute(_INSTALL)
    try:
        yield
    finally:
        with services.superuser() as superuser:
            superuser.execute("DROP SCHEMA IF EXISTS referee CASCADE")


def clear(superuser: psycopg.Connection) -> None:
    """Empty the log."""
    superuser.execute("TRUNCATE referee.log")


def read_log(superuser: psycopg.Connection) -> list[Entry]:
    """Answer what was noted, in order."""
    return [Entry(*row) for row in superuser.execute(_LOG).fetchall()]
