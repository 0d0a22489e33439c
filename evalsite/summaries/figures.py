"""A batch's raw figures per slice, in two set-based passes over its scorecards.

Cases with the same tags, category and complexity that came out alike form a profile and are added
up first, so that a slice is put together from a few profiles and not from every case again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from math import sqrt
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from evalsite.batches.models import Batch, BatchState
from evalsite.summaries.slices import slices_of

# The worst that happened to a stage in any repetition of a case is what happened to the case.
STAGE_STATUSES = ("not_applicable", "passed", "skipped", "failed", "unscored", "errored")
COUNTS = ("n", "passed", "failed", "unscored", "errored")
USAGE = ("tokens_in", "tokens_out", "cost_usd", "cost_known")


class Spread(NamedTuple):
    """How values lie: enough for a mean and its interval."""

    n: int
    mean: float
    sd: float


class StageFigures(NamedTuple):
    """The cases per status, and how their scores lie."""

    counts: dict[str, int]
    score: Spread


class Figures(NamedTuple):
    """What was counted and added up for one slice; a case is one whatever its repetitions.

    `is_timed` tells whether any latency is known. `share` is of a case's repetitions that passed,
    for cases with a verdict; None where each has one.
    """

    kind: str
    value: str
    counts: dict[str, int]
    usage: dict[str, Any]
    is_timed: bool
    share: Spread | None
    score: Spread
    stages: dict[str, StageFigures]


# A column of a case: its name, how repetitions are put together, and what of a scorecard.
_CASE = (
    ("errored", "bool_or({})", "status = 'errored'"),
    ("unscored", "bool_or({})", "status = 'unscored'"),
    ("all_passed", "bool_and({})", "status = 'passed'"),
    ("score", "avg({})", "overall_score"),
    ("tokens_in", "sum({})", "tokens_in"),
    ("tokens_out", "sum({})", "tokens_out"),
    ("cost_usd", "sum({})", "cost_usd"),
    ("cost_known", "bool_and({})", "cost_usd IS NOT NULL"),
    ("is_timed", "bool_or({})", "latency_ms IS NOT NULL"),
)
_CASE_STAGE = (
    (
        "status{i}",
        "(%(statuses)s::text[])[max(array_position(%(statuses)s::text[], {}))]",
        "stages -> %(stage{i})s ->> 'status'",
    ),
    ("score{i}", "avg({})", "(stages -> %(stage{i})s ->> 'score')::float8"),
)
# Where there are several repetitions of a case: how many of them passed.
_CASE_SHARE = ("share", "avg({})", "(status = 'passed')::int::float8")
_SHARE = "CASE WHEN NOT unscored AND NOT errored THEN share END"
# What a case came to, beside the status of each stage: counted profile by profile.
_OUTCOME = ("errored", "unscored", "all_passed")
_PROFILE = """
    count(*) AS n,
    sum(tokens_in) AS tokens_in, sum(tokens_out) AS tokens_out, sum(cost_usd) AS cost_usd,
    count(*) FILTER (WHERE cost_known) AS cost_known, bool_or(is_timed) AS is_timed"""
_COUNT = "coalesce(sum(n) FILTER (WHERE {which}), 0)::int8"
# Which cases are counted, in the order of COUNTS.
_COUNTED = (
    "true",
    "all_passed",
    "NOT all_passed AND NOT unscored AND NOT errored",
    "unscored AND NOT errored",
    "errored",
)
_USED = """
    sum(tokens_in)::int8, sum(tokens_out)::int8, sum(cost_usd), sum(cost_known)::int8,
    bool_or(is_timed)"""
# Squares are taken around each profile's own mean, then moved to the slice's mean.
_PROFILE_MEASURE = """
    count({value}) AS {name}_n, sum({value}) AS {name}_sum,
    var_pop({value}) * count({value}) AS {name}_squares"""
_SLICE_MEASURE = """
    sum({name}_n)::int8, sum({name}_sum), sum({name}_squares),
    sum({name}_sum * {name}_sum / nullif({name}_n, 0))"""
# `open` scorecards wait for a step that a cancelled batch will not run: they are in no figure.
_FIGURES = """
    WITH cases AS (
        SELECT revision_id, {case} FROM scoring_scorecard
        WHERE batch_id = %(batch)s AND status <> 'open' {by_case}
        ORDER BY revision_id
    ), profiles AS (
        SELECT tags, category, complexity, {outcome}, {profile}
        FROM cases JOIN cases_revision r ON r.id = cases.revision_id AND r.suite_id = %(suite)s
        GROUP BY tags, category, complexity, {outcome}
    )
    SELECT slice.kind, slice.value, {slice} FROM profiles {slices}
    GROUP BY slice.kind, slice.value
"""
_SET = """
    SELECT name, current_setting(name), set_config(name, value, true)
    FROM unnest(%s::text[], %s::text[]) AS wanted (name, value)
"""
_ALONG_INDEXES = {"enable_sort": "off", "jit": "off", "random_page_cost": "1"}
_WHOLE = {"enable_nestloop": "off", "enable_hashjoin": "off", "enable_bitmapscan": "off"}
_LATENCIES = """
    WITH profiles AS MATERIALIZED (
        SELECT tags, category, complexity, array_agg(latency_ms) AS latencies
        FROM scoring_scorecard c JOIN cases_revision r ON r.id = c.revision_id
        WHERE batch_id = %(batch)s AND status <> 'open' AND latency_ms IS NOT NULL
        GROUP BY tags, category, complexity
    ), slices AS MATERIALIZED (
        SELECT slice.kind, slice.value, latencies,
            dense_rank() OVER (ORDER BY slice.kind, slice.value)::int AS number
        FROM profiles {slices}
    ), percentiles AS (
        SELECT number, percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY ms) AS ms
        FROM slices CROSS JOIN unnest(latencies) AS ms GROUP BY number
    )
    SELECT DISTINCT kind, value, ms[1], ms[2], ms[3] FROM percentiles JOIN slices USING (number)
"""


def work_in_memory() -> None:
    """Let this transaction sort in memory what PostgreSQL's default of 4 MB sends to disk.

    What is larger goes there all the same, and takes no longer for it: with 64 MB the session of
    a million cases grew to 500 MB.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '16MB'")


def figures_of(batch: Batch, *, stages: Sequence[str]) -> Iterator[Figures]:
    """Yield the figures of each slice of a batch, inside a transaction.

    There may be as many slices as cases: only what the database answered is held for all of them.
    """
    values: dict[str, Any] = {f"stage{i}": stage for i, stage in enumerate(stages)}
    values |= {"batch": batch.pk, "suite": batch.suite_id, "statuses": list(STAGE_STATUSES)}
    # A batch that is at its end and of a whole suite: that is read once, and nothing looked up.
    is_whole = not batch.selection and batch.state != BatchState.PAUSED
    repeated = batch.repetitions > 1
    with connection.cursor() as cursor:
        with _in_order(whole=is_whole):
            cursor.execute(_figures_sql(len(stages), repeated=repeated), values)
        for row in cursor:
            yield _read(iter(row), stages, repeated=repeated)


@contextmanager
def _in_order(*, whole: bool) -> Iterator[None]:
    """Have a batch read along its index, and beside a `whole` one its suite along another.

    To the planner a batch just written is a few rows, to be sorted and looked up one by one.
    Before PostgreSQL 18, what is turned off is dear on paper, so that it would be compiled.
    """
    wanted = _ALONG_INDEXES | (_WHOLE if whole else {})
    with connection.cursor() as cursor:
        cursor.execute(_SET, [list(wanted), list(wanted.values())])
        names, before, _ = map(list, zip(*cursor.fetchall(), strict=True))
        yield
        cursor.execute(_SET, [names, before])


def latencies_of(batch: UUID) -> dict[tuple[str, str], tuple[float, float, float]]:
    """Answer p50, p95 and p99 of the known latencies per slice; each repetition is one latency."""
    with connection.cursor() as cursor:
        cursor.execute(_LATENCIES.format(slices=slices_of("profiles")), {"batch": batch})
        return {(kind, value): (p50, p95, p99) for kind, value, p50, p95, p99 in cursor.fetchall()}


def _figures_sql(n_stages: int, *, repeated: bool) -> str:
    case, outcome, measures = list(_CASE), list(_OUTCOME), {"score": "score"}
    counts = list(_COUNTED)
    if repeated:
        case.append(_CASE_SHARE)
        measures["share"] = _SHARE
    for i in range(n_stages):
        case += [(name.format(i=i), how, what.format(i=i)) for name, how, what in _CASE_STAGE]
        outcome.append(f"status{i}")
        measures[f"score{i}"] = f"score{i}"
        counts += [f"status{i} = '{status}'" for status in STAGE_STATUSES]
    profile = [_PROFILE_MEASURE.format(name=name, value=what) for name, what in measures.items()]
    columns = [_COUNT.format(which=which) for which in counts]
    columns += [_USED, *(_SLICE_MEASURE.format(name=name) for name in measures)]
    return _FIGURES.format(
        case=", ".join(_column(column, repeated=repeated) for column in case),
        by_case="GROUP BY revision_id" if repeated else "",
        outcome=", ".join(outcome),
        profile=", ".join((_PROFILE, *profile)),
        slice=", ".join(columns),
        slices=slices_of("profiles"),
    )


def _column(column: tuple[str, str, str], *, repeated: bool) -> str:
    name, how, what = column
    return f"{how.format(what) if repeated else what} AS {name}"


def _read(row: Iterator[Any], stages: Sequence[str], *, repeated: bool) -> Figures:
    kind, value = islice(row, 2)
    counts = _counts(COUNTS, row)
    per_stage = [_counts(STAGE_STATUSES, row) for _ in stages]
    usage = dict(zip(USAGE, islice(row, len(USAGE)), strict=True))
    is_timed = next(row)
    score = _spread(islice(row, 4))
    share = _spread(islice(row, 4)) if repeated else None
    scores = [_spread(islice(row, 4)) for _ in stages]
    figures = zip(stages, map(StageFigures, per_stage, scores), strict=True)
    return Figures(kind, value, counts, usage, is_timed, share, score, dict(figures))


def _counts(names: Sequence[str], row: Iterator[Any]) -> dict[str, int]:
    return dict(zip(names, islice(row, len(names)), strict=True))


def _spread(sums: Iterator[Any]) -> Spread:
    n, total, squares, moved = sums
    if n == 0:
        return Spread(0, 0.0, 0.0)
    around = max(0.0, squares + moved - total * total / n)
    return Spread(n, total / n, sqrt(around / (n - 1)) if n > 1 else 0.0)
