"""Compare what is in the old tables with what came of it, row by row and in flat memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from django.db import connection

from evalsite.errors import EvalsiteError
from evalsite.exchange.legacy.migrate import ACTOR
from evalsite.exchange.legacy.sift_rows import sift_cases
from evalsite.exchange.legacy.tables import OldRow, OldTables
from evalsite.exchange.lines import BadLine
from evalsite.exchange.models import LegacyImport
from evalsite.scoring.all_cards import ALL_CARDS
from packs.registry import PACKS

_PIECE: Final = 1_000
_NAMED: Final = 20
# What a curator changed since is no fault of the import: its own newest revision counts.
_HERE: Final = """
    SELECT DISTINCT ON (t.key) t.key, r.input ->> 'query', r.content_hash
    FROM cases_testcase t JOIN cases_revision r ON r.case_id = t.id AND r.author = %(author)s
    WHERE t.suite_id = %(suite)s AND t.key = ANY (%(keys)s)
    ORDER BY t.key, r.number DESC
"""
_COUNTS: Final = """
    SELECT count(*), count(*) FILTER (
        WHERE coalesce(r.input ->> 'query', '') = '' OR r.expected = '{}')
    FROM cases_testcase t JOIN cases_revision r ON r.case_id = t.id AND r.number = 1
    WHERE t.suite_id = %(suite)s AND r.author = %(author)s
"""
_CARDS: Final = f"""
    SELECT count(*), count(*) FILTER (WHERE c.stages = '{{}}' OR c.status = 'open')
    FROM {ALL_CARDS} c JOIN batches_batch b ON b.id = c.batch_id
    WHERE b.suite_id = %(suite)s AND b.manifest -> 'legacy' ->> 'source' = %(source)s
"""


class LegacyDiffers(EvalsiteError):
    """The old tables and what came of them are not the same."""

    code = "legacy_differs"
    hint = "mend the rows named in the old tables, and import again"
    exit_code = 4


@dataclass(kw_only=True)
class Comparison:
    """Counts of both sides; how many rows are wrong in which way, and the first ids of each."""

    pack: str
    cases_there: int = 0
    cases_here: int = 0
    scorecards_there: int = 0
    scorecards_here: int = 0
    nulls: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    named: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_same(self) -> bool:
        """Whether nothing is missing, null, or other than it was."""
        there, here = (
            (self.cases_there, self.scorecards_there),
            (self.cases_here, self.scorecards_here),
        )
        return there == here and not self.nulls and not self.faults

    def fault(self, kind: str, id: str) -> None:
        """Count a row that is wrong."""
        self.faults[kind] = self.faults.get(kind, 0) + 1
        if self.faults[kind] <= _NAMED:
            self.named.setdefault(kind, []).append(id)


def compare_with(job: LegacyImport, tables: OldTables) -> Comparison:
    """Compare both sides; reads only."""
    found = Comparison(pack=job.suite.pack)
    found.cases_there, found.scorecards_there = tables.count()
    values: dict[str, Any] = {"suite": job.suite_id, "author": ACTOR, "source": job.source}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, values)
        found.cases_here, empty_cases = cursor.fetchone()
        cursor.execute(_CARDS, values)
        found.scorecards_here, empty_cards = cursor.fetchone()
    found.nulls = empty_cases + empty_cards
    rows = tables.cases()
    while piece := list(islice(rows, _PIECE)):
        _compare(piece, found, values=values)
    return found


def _compare(piece: list[OldRow], found: Comparison, *, values: dict[str, Any]) -> None:
    pack = PACKS.load(found.pack).value
    with connection.cursor() as cursor:
        cursor.execute(_HERE, {**values, "keys": [row.id for row in piece]})
        here = {key: (query, content) for key, query, content in cursor.fetchall()}
    for row, case in sift_cases(piece, pack=pack):
        if isinstance(case, BadLine):
            found.fault("refused", row.id)
        elif row.id not in here:
            found.fault("missing", row.id)
        else:
            query, content = here[row.id]
            if query != _old_query(row):
                found.fault("query_differs", row.id)
            if content != case.content_hash:
                found.fault("content_differs", row.id)


def _old_query(row: OldRow) -> Any:
    _, record = row.line
    return None if isinstance(record, BadLine) else record.get("nl_query")
