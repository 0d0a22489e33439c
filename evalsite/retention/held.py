"""What is held, as SQL conditions: a hold wins over any policy.

Each stands behind NOT, on a table under the name given. What cannot be told apart by batch, run
or suite (model replies, audit entries) is held by any hold.
"""

from __future__ import annotations

from typing import Final

_ALL: Final = "h.suite_id IS NULL AND h.batch_id IS NULL AND h.run_id IS NULL"

ANYTHING: Final = "EXISTS (SELECT 1 FROM retention_hold)"

# A batch `b`: itself, its run or its suite.
BATCH: Final = f"""EXISTS (
    SELECT 1 FROM retention_hold h
    WHERE {_ALL} OR h.batch_id = b.id OR h.run_id = b.run_id OR h.suite_id = b.suite_id)"""

# A run `r`: itself, or a batch that rests on its outputs.
RUN: Final = f"""EXISTS (
    SELECT 1 FROM retention_hold h LEFT JOIN batches_batch b ON b.id = h.batch_id
    WHERE {_ALL} OR h.run_id = r.id OR b.run_id = r.id)"""

# An output `o` of a run that is not held: the suite of its case.
OUTPUT: Final = """EXISTS (
    SELECT 1 FROM retention_hold h JOIN cases_testcase t ON t.suite_id = h.suite_id
    WHERE t.id = o.case_id)"""

# An experiment `e`: its suite, or anything that a result of it came from.
EXPERIMENT: Final = f"""EXISTS (
    SELECT 1 FROM retention_hold h
    WHERE {_ALL} OR h.suite_id = e.suite_id OR EXISTS (
        SELECT 1 FROM experiments_arm a JOIN batches_batch b ON b.id = a.batch_id
        WHERE a.experiment_id = e.id AND (
            h.batch_id = b.id OR h.run_id = b.run_id OR h.suite_id = b.suite_id)))"""
