"""Two batches in memory, folded by the rules of the packs: no database."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import numpy as np

from evalsite.regressions.cards import FIGURES, STAGE_STATUSES, STATUSES, Cards, put_away
from evalsite.regressions.frame import Frame, pair
from evalsite.regressions.revisions import Profile
from packs.fold import fold
from packs.protocol import Stage, StageResult, StageStatus

STAGES = ("syntax", "logic", "semantics")
TAGS = ("dates", "units", "short", "long")
CATEGORIES = ("", "search", "booking")
Result = tuple[str, float | None]


class Judged(NamedTuple):
    """One repetition of a case: its number, status and score of each stage, its time."""

    case: int
    results: Sequence[Result]
    latency_ms: float = math.nan


def frame_of(
    now: Sequence[Judged],
    before: Sequence[Judged],
    *,
    profiles: Sequence[Profile],
    weights: Sequence[float] = (1.0, 1.0, 1.0),
    clusters: Sequence[int] | None = None,
) -> Frame:
    """Pair two batches; a case's profile and cluster are those at its number."""
    keys = clusters or [0] * len(profiles)
    sides = [_cards(side, weights=weights, clusters=keys) for side in (now, before)]
    return pair(
        (sides[0], sides[1]),
        stages=STAGES,
        weights=[weights, weights],
        profiles=lambda ids: [profiles[identity.int - 1] for identity in ids],
        differ=lambda _pairs: [],
    )


def random_profile(dice: random.Random) -> Profile:
    """Up to two tags, perhaps a category, perhaps a complexity."""
    tags = tuple(dice.sample(TAGS, dice.randrange(3)))
    return Profile(tags, dice.choice(CATEGORIES), dice.choice((None, 1, 3, 5)))


def passing() -> list[Result]:
    """All stages passed."""
    return [("passed", 1.0)] * len(STAGES)


def failing(stage: str, score: float = 0.0) -> list[Result]:
    """One stage failed."""
    at = STAGES.index(stage)
    return [*passing()[:at], ("failed", score), *passing()[at + 1 :]]


def _cards(side: Sequence[Judged], *, weights: Sequence[float], clusters: Sequence[int]) -> Cards:
    stages = [
        Stage(name=name, judge="exact", weight=w) for name, w in zip(STAGES, weights, strict=True)
    ]
    folds = [
        fold(stages, [StageResult(s, StageStatus(r[0]), r[1]) for s, r in _named(one)])
        for one in side
    ]
    ids = np.array([UUID(int=one.case + 1).bytes for one in side], dtype="S16")
    nothing = np.full(len(side), np.nan)
    scores = [np.nan if f.overall_score is None else f.overall_score for f in folds]
    status = [[STAGE_STATUSES.index(r[0]) for r in one.results] for one in side]
    score = [[np.nan if r[1] is None else r[1] for r in one.results] for one in side]
    columns = {
        "case": ids,
        "revision": ids,
        "status": np.array([STATUSES.index(f.status) for f in folds], dtype=np.int64),
        "cluster": np.array([clusters[one.case] for one in side], dtype=np.int64),
        "profile": np.array([one.case for one in side], dtype=np.int64),
        **dict.fromkeys(FIGURES, nothing),
        "score": np.array(scores, dtype=np.float64),
        "latency_ms": np.array([one.latency_ms for one in side]),
    }
    for i in range(len(STAGES)):
        columns[f"status {i}"] = np.array([row[i] for row in status], dtype=np.int64)
        columns[f"score {i}"] = np.array([row[i] for row in score], dtype=np.float64)
    return put_away([columns])


def _named(one: Judged) -> list[tuple[str, Result]]:
    return list(zip(STAGES, one.results, strict=True))
