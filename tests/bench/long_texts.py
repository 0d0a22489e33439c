"""What judges say at length, in the rows and kept once: how much room it takes, and what it costs.

So many scorecards with a text of 6 KB each, of which `--texts` are different.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.stand import found_tenant, stand

PIECE = 500
_SIZE = """
    SELECT pg_total_relation_size('scoring_scorecard') + pg_total_relation_size('blobs_blob')
"""


def main() -> None:
    """Measure, and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cards", type=int, default=10_000)
    parser.add_argument("--texts", type=int, default=10, help="different ones among them")
    asked = parser.parse_args()
    with stand():
        print(json.dumps(_measure(asked)))


def _measure(asked: argparse.Namespace) -> dict[str, Any]:
    from unittest.mock import patch

    from evalsite.blobs.shorten import LONG
    from evalsite.tenants.scope import tenant

    figures: dict[str, Any] = {"cards": asked.cards, "texts": asked.texts}
    said = [_text(random.Random(n)) for n in range(asked.texts)]
    with tenant(found_tenant()):
        for name, long in (("in_rows", 10**9), ("as_blobs", LONG)):
            before, started = _size(), time.process_time()
            with patch("evalsite.scoring.texts.LONG", long):
                _write(asked.cards, said)
            figures[f"{name}_mib"] = round((_size() - before) / 2**20, 2)
            figures[f"{name}_client_cpu_s"] = round(time.process_time() - started, 2)
    return figures


def _text(dice: random.Random) -> str:
    """Words as a judge would say them: compressible, as prose is."""
    words = ["".join(dice.choices("etaoinshrdlu", k=dice.randrange(2, 9))) for _ in range(400)]
    return " ".join(dice.choices(words, k=1_000))


def _write(n_cards: int, said: list[str]) -> None:
    from django.db import transaction

    from evalsite.scoring.write import Row, write
    from tests.factories import make_batch, make_case, make_revision, make_suite

    suite = make_suite()
    revisions = [str(make_revision(case=make_case(suite=suite)).pk) for _ in range(PIECE)]
    for start in range(0, n_cards, PIECE):
        claim = _claim(make_batch(suite=suite).pk)
        rows = []
        for place, revision in enumerate(revisions):
            why = {"logic": {"reason": said[(start + place) % len(said)]}}
            verdict = (0, None, None, None, None, "failed", 0.0, False, json.dumps(why), "{}")
            rows.append(Row(str(uuid4()), revision, *verdict))
        with transaction.atomic():
            write(claim, rows)


def _claim(batch: UUID) -> Any:
    from types import SimpleNamespace

    return SimpleNamespace(batch_id=batch, round=0)


def _size() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_SIZE)
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    main()
