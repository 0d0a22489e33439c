"""How PostgreSQL reads a crowded board, as the app role behind its wall."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from evalsite.leaderboard.models import Board, Kind, Metric
from evalsite.leaderboard.queries import ALL, Wanted, Way, page
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.board_rows import make_standing
from tests.factories import make_batch, make_summary, make_target

RUNS = Way(Kind.RUN, Metric.RATE)
# About 200 systems have each mean, and every fiftieth is of the target "rare".
_FILL = """
    INSERT INTO leaderboard_standing (id, tenant_id, board_id, kind, metric, subject, batch_id,
        batch_at, run_id, target_id, client_type, client_version, value, low, high, n, missing,
        reserve)
    SELECT gen_random_uuid(), app.tenant_id(), board_id, kind, metric, gen_random_uuid(), batch_id,
        now(), run_id, CASE WHEN i %% 50 = 0 THEN %s ELSE target_id END, '', '',
        round(random()::numeric, 2)::float8, 0.1, 0.9, 100, 0, ''
    FROM leaderboard_standing, generate_series(1, 20000) AS i
"""


@pytest.fixture
def crowded(committed_db: None) -> Iterator[Board]:
    """A board of 20,000 systems, beside the board of another tenant."""
    for slug in ("globex", "acme"):
        with tenant(Tenant.objects.create(slug=slug, name=slug).pk):
            batch = make_batch(state="finished")
            make_summary(batch=batch)
            board = make_standing(batch=batch).board
            rare = make_target(name="rare")
            with connection.cursor() as cursor:
                cursor.execute(_FILL, [rare.pk])
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE leaderboard_standing")
    with tenant(board.tenant.pk):
        yield board


def plans(board: Board, *, wanted: Wanted = ALL, after: str = "") -> list[str]:
    """The plans of a page's queries that read standings."""
    with CaptureQueriesContext(connection) as captured:
        page(board, RUNS, wanted=wanted, after=after)
    asked = [query["sql"] for query in captured if "leaderboard_standing" in query["sql"]]
    return [explained(sql) for sql in asked]


def explained(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(line for (line,) in cursor.fetchall())


def test_a_crowded_board_is_read_along_the_tenants_indexes(crowded: Board) -> None:
    first = page(crowded, RUNS)
    for after in ("", first.next):
        rows, count, *_ = plans(crowded, after=after)
        assert "Index Scan using leaderboard_standing_order" in rows
        assert "Sort" not in rows
        assert "Index Only Scan using leaderboard_standing_" in count
        condition = rows.split("Index Cond: ")[1].partition("\n")[0]
        assert "tenant_id = " in condition
        assert ("ROW(value, id) < " in condition) is bool(after)
    rare = plans(crowded, wanted=Wanted(target="rare"))[0]
    assert "Index Scan using leaderboard_standing_target" in rare
