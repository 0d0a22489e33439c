"""Were the right sources found, and high in the ranking? Equal to trec_eval."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from judges.protocol import Score, Threshold

Measure = Annotated[
    str, Field(pattern=r"^(?:(?:precision|recall|success|ndcg)@[1-9]\d{0,4}|mrr|map|ndcg)$")
]
Grades = Mapping[str, int]
Ranking = Sequence[str]

_DEFAULT_DEPTH = 10


def retrieval(
    expected: Any, answer: Any, *, measure: Measure = "ndcg@10", threshold: Threshold = 0.5
) -> Score:
    """Score a ranking of source ids by one measure; the details carry all of them.

    Expected: a list of relevant ids, or an object of id to grade (0 is not relevant). Answer: a
    list of ids in order, or of objects with `id` and `score`. Unscored: `expected_not_sources`,
    `nothing_relevant`, `answer_not_ranking`.
    """
    grades = read_grades(expected)
    if grades is None:
        return Score.unscored("expected_not_sources", "Neither a list of ids nor graded ids.")
    if not any(grade > 0 for grade in grades.values()):
        return Score.unscored("nothing_relevant", "No source is relevant, so none can be found.")
    ranking = read_ranking(answer)
    if ranking is None:
        return Score.unscored("answer_not_ranking", "Neither a list of ids nor of scored ids.")
    depth = int(measure.partition("@")[2] or _DEFAULT_DEPTH)
    measured = measures(ranking, grades, depth=depth)
    value = min(1.0, measured[measure])
    details = {key: round(figure, 6) for key, figure in measured.items()}
    passed = value >= threshold
    return Score(value, passed, "" if passed else f"{measure} {value:.3f} < {threshold:g}", details)


def measures(ranking: Ranking, grades: Grades, *, depth: int) -> dict[str, float]:
    """Give every measure of one ranking, those with a depth at this one."""
    return {
        f"precision@{depth}": precision_at(ranking, grades, depth=depth),
        f"recall@{depth}": recall_at(ranking, grades, depth=depth),
        f"success@{depth}": success_at(ranking, grades, depth=depth),
        f"ndcg@{depth}": ndcg(ranking, grades, depth=depth),
        "ndcg": ndcg(ranking, grades),
        "mrr": reciprocal_rank(ranking, grades),
        "map": average_precision(ranking, grades),
    }


def read_grades(value: Any) -> dict[str, int] | None:
    """Read relevant ids (grade 1 each) or ids with whole grades, or none."""
    if isinstance(value, list) and all(map(_is_id, value)):
        return {str(source): 1 for source in value}
    if not isinstance(value, dict):
        return None
    whole = all(isinstance(g, int) and not isinstance(g, bool) and g < 1000 for g in value.values())
    return dict(value) if whole else None


def read_ranking(value: Any) -> list[str] | None:
    """Read the order of ids, each once, or none.

    With a score on each, the highest is first and ties go by id descending, as in trec_eval;
    else the order given stands. A repeated id counts where it stands first.
    """
    if not isinstance(value, list):
        return None
    entries = [entry if isinstance(entry, dict) else {"id": entry} for entry in value]
    if not all(_is_id(entry.get("id")) for entry in entries):
        return None
    scores = [entry.get("score") for entry in entries]
    ids = [str(entry["id"]) for entry in entries]
    if scores and all(map(_is_score, scores)):
        ids = [one for _, one in sorted(zip(scores, ids, strict=True), reverse=True)]
    return list(dict.fromkeys(ids))


def precision_at(ranking: Ranking, grades: Grades, *, depth: int) -> float:
    """Share of the first `depth` places that hold a relevant id (trec_eval P_k); empty ones count.

    Source: Buckley and Voorhees, "Retrieval System Evaluation", in TREC (MIT Press, 2005).
    """
    return _hits(ranking[:depth], grades) / depth


def recall_at(ranking: Ranking, grades: Grades, *, depth: int) -> float:
    """Share of the relevant ids found in the first `depth` places (trec_eval recall_k).

    Source: as precision_at.
    """
    return _hits(ranking[:depth], grades) / _relevant(grades)


def success_at(ranking: Ranking, grades: Grades, *, depth: int) -> float:
    """1 if any of the first `depth` places holds a relevant id, else 0 (trec_eval success_k).

    Source: as precision_at.
    """
    return float(_hits(ranking[:depth], grades) > 0)


def reciprocal_rank(ranking: Ranking, grades: Grades) -> float:
    """1 / place of the first relevant id, 0 without one (trec_eval recip_rank); its mean is MRR.

    Source: Voorhees, "The TREC-8 Question Answering Track Report" (1999).
    """
    found = (place for place, one in enumerate(ranking, start=1) if grades.get(one, 0) > 0)
    return 1 / next(found, math.inf)


def average_precision(ranking: Ranking, grades: Grades) -> float:
    """Mean over the relevant ids of the precision at each, 0 if not found (trec_eval map).

    Source: as precision_at; its mean over cases is MAP.
    """
    total, found = 0.0, 0
    for place, one in enumerate(ranking, start=1):
        if grades.get(one, 0) > 0:
            found += 1
            total += found / place
    return total / _relevant(grades)


def ndcg(ranking: Ranking, grades: Grades, *, depth: int | None = None) -> float:
    """Gain (the grade) discounted by log2(place + 1), over that of the best order possible.

    Equals trec_eval ndcg, and ndcg_cut_k with a depth. Source: Jarvelin and Kekalainen,
    "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20 (2002).
    """
    best = sorted((grade for grade in grades.values() if grade > 0), reverse=True)
    gains = [max(0, grades.get(one, 0)) for one in ranking]
    return _discounted(gains[:depth]) / _discounted(best[:depth])


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(place + 1) for place, gain in enumerate(gains, start=1) if gain)


def _hits(ids: Ranking, grades: Grades) -> int:
    return sum(grades.get(one, 0) > 0 for one in ids)


def _relevant(grades: Grades) -> int:
    return sum(grade > 0 for grade in grades.values())


def _is_id(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _is_score(value: Any) -> bool:
    # A whole number too large for a float is none.
    return isinstance(value, float | int) and not isinstance(value, bool) and abs(value) < 1e300
