"""Whether two batches may be compared, and what differs between them besides the run.

All of it is read from what was frozen when the batches were planned. A difference is a named
warning: the comparison is made, and says what else may have caused the change.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from django.db import connection

from evalsite.batches.models import Batch, BatchState
from evalsite.errors import EvalsiteError

_LONGEST: Final = 80
# What makes a stage's verdict: field of the manifest, code, and what it is called.
_STAGE_FIELDS: Final = (
    ("judge", "judge_differs", "judge"),
    ("judge_version", "judge_differs", "judge version"),
    ("judge_options", "judge_options_differ", "judge options"),
    ("judge_pins", "judge_pins_differ", "prompt or model"),
    ("weight", "weight_differs", "weight"),
    ("gate", "gate_differs", "gate"),
)
_BATCH_FIELDS: Final = (
    ("suite_version", "suite_version_differs", "suite version"),
    ("repetitions", "repetitions_differ", "repetitions"),
    ("selection", "selection_differs", "selection of cases"),
    ("preflight", "preflight_differs", "preflight of the judges"),
)
_TIERS = """
    SELECT DISTINCT s.value -> 'details' -> 'sandbox' ->> 'tier'
    FROM scoring_scorecard c CROSS JOIN LATERAL jsonb_each(c.details) s
    WHERE c.batch_id = %(batch)s AND jsonb_typeof(s.value -> 'details' -> 'sandbox') = 'object'
    UNION SELECT unnest(tiers) FROM scoring_extract WHERE batch_id = %(batch)s
"""


class ComparisonRefused(EvalsiteError):
    """The two batches have nothing to do with each other, or one is not through."""

    code = "comparison_refused"
    hint = "compare finished batches of one suite and one pack"
    exit_code = 2


class Warned(NamedTuple):
    """One difference that may have caused the change, as a stable code and in words."""

    code: str
    text: str


def vet(batch: Batch, baseline: Batch) -> list[Warned]:
    """Answer what differs besides the run; raises ComparisonRefused."""
    _require_comparable(batch, baseline)
    return [
        *_fields(baseline, batch),
        *_runs(baseline, batch),
        *_manifests(baseline.manifest, batch.manifest),
        *_tiers(baseline, batch),
    ]


def _require_comparable(batch: Batch, baseline: Batch) -> None:
    if batch.pk == baseline.pk:
        raise ComparisonRefused("a batch cannot be compared with itself")
    if batch.suite_id != baseline.suite_id:
        raise ComparisonRefused(f"the suites are {baseline.suite.name} and {batch.suite.name}")
    if batch.pack != baseline.pack:
        raise ComparisonRefused(f"the packs are {baseline.pack} and {batch.pack}")
    for side in (baseline, batch):
        if side.state not in (BatchState.FINISHED, BatchState.CANCELLED):
            raise ComparisonRefused(f"batch {side.pk} is {side.state}")


def _fields(before: Batch, now: Batch) -> Iterator[Warned]:
    for field, code, name in _BATCH_FIELDS:
        yield from _differ(code, name, sides=(getattr(before, field), getattr(now, field)))
    for side, batch in (("baseline", before), ("batch", now)):
        if batch.state == BatchState.CANCELLED:
            yield Warned("batch_cancelled", f"the {side} was cancelled: some cases are not in it")


def _runs(before: Batch, now: Batch) -> Iterator[Warned]:
    targets = (before.run.target.name, now.run.target.name)
    yield from _differ("target_differs", "target", sides=targets)
    clients = (before.run.client_type, now.run.client_type)
    yield from _differ("client_type_differs", "client type", sides=clients)


def _manifests(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Warned]:
    versions = (before.get("pack_version"), now.get("pack_version"))
    yield from _differ("pack_version_differs", "pack version", sides=versions)
    stages = [{stage["name"]: stage for stage in side["stages"]} for side in (before, now)]
    yield from _differ("stages_differ", "stages", sides=(list(stages[0]), list(stages[1])))
    found: list[Warned] = []
    for name in (name for name in stages[1] if name in stages[0]):
        for field, code, called in _STAGE_FIELDS:
            sides = (stages[0][name].get(field), stages[1][name].get(field))
            found += _differ(code, f"{called} of stage {name}", sides=sides)
    yield from found
    if not found:
        options = [side.get("options") or {} for side in (before, now)]
        for key in sorted({*options[0], *options[1]}):
            sides = (options[0].get(key), options[1].get(key))
            yield from _differ("options_differ", f"option {key}", sides=sides)


def _tiers(before: Batch, now: Batch) -> Iterator[Warned]:
    lanes = [stage.get("lane") for side in (before, now) for stage in side.manifest["stages"]]
    if "sandbox" in lanes:
        sides = (tiers_of(before), tiers_of(now))
        yield from _differ("sandbox_differs", "sandbox tier", sides=sides)


def tiers_of(batch: Batch) -> list[str]:
    """Answer the sandbox tiers that the batch's code ran in."""
    with connection.cursor() as cursor:
        cursor.execute(_TIERS, {"batch": batch.pk})
        return sorted(tier for (tier,) in cursor.fetchall() if tier)


def _differ(code: str, name: str, *, sides: tuple[Any, Any]) -> Iterator[Warned]:
    before, now = sides
    if before != now:
        yield Warned(code, f"{name}: {_shown(before)} before, {_shown(now)} now")


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = "none" if value in (None, "", {}, []) else text
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
