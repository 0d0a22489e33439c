"""Batches with scorecards as a test wants them, written without the pipeline."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any, NamedTuple

from evalsite.batches.models import Batch
from evalsite.cases.models import Revision, Suite, TestCase
from evalsite.scoring.models import Scorecard
from evalsite.targets.models import Target
from tests.factories import CASE, make_batch, make_run

STAGES = ("syntax", "logic", "semantics")
MANIFEST = {"stages": [{"name": name, "judge": "exact", "lane": "cpu"} for name in STAGES]}
TAGS = ("short", "long", "units", "dates")
CATEGORIES = ("", "search", "booking")


class Card(NamedTuple):
    """A scorecard to be: of the case with this key."""

    key: str
    status: str = "passed"
    score: float | None = None
    repetition: int = 0
    fields: dict[str, Any] = {}
    case: dict[str, Any] = {}


def make_filled(suite: Suite, cards: Iterable[Card], **fields: Any) -> Batch:
    """A finished batch of the suite with these scorecards; cases are made where they lack."""
    cards = list(cards)
    fields.setdefault("run", None)
    fields["run"] = fields["run"] or make_run(client_type="web", target=system())
    fields = {"state": "finished", "manifest": MANIFEST, "n_cases": len(cards), **fields}
    batch = make_batch(suite=suite, **fields)
    revisions = _revisions(suite, cards)
    Scorecard.objects.bulk_create(
        Scorecard(batch=batch, revision=revisions[card.key], **_values(card)) for card in cards
    )
    return batch


def system() -> Target:
    """The target that all filled batches are of, if not told otherwise."""
    target, _ = Target.objects.get_or_create(name="system")
    return target


def _revisions(suite: Suite, cards: list[Card]) -> dict[str, Revision]:
    cases = {case.key: case for case in TestCase.objects.filter(suite=suite)}
    fresh = {card.key: card.case for card in cards if card.key not in cases}
    made = [TestCase(suite=suite, key=key, **{**CASE, **case}) for key, case in fresh.items()]
    TestCase.objects.bulk_create(made)
    Revision.objects.bulk_create(
        Revision(suite=suite, case=case, number=1, from_version=1, **{**CASE, **fresh[case.key]})
        for case in made
    )
    found = Revision.objects.filter(suite=suite).select_related("case").order_by("number")
    return {revision.case.key: revision for revision in found}


def _values(card: Card) -> dict[str, Any]:
    score = card.score
    if score is None and card.status in ("passed", "failed"):
        score = float(card.status == "passed")
    stages = {"logic": {"status": card.status, "score": score}}
    return {
        "repetition": card.repetition,
        "status": card.status,
        "overall_score": score,
        "overall_passed": {"passed": True, "failed": False}.get(card.status),
        "stages": {} if card.status == "open" else stages,
        **card.fields,
    }


def random_cards(seed: int, *, n: int, repetitions: int = 1) -> list[Card]:
    """Cards of every kind, the same ones for the same seed."""
    dice = random.Random(seed)
    cards = []
    for number in range(n):
        case = {
            "tags": dice.sample(TAGS, dice.randrange(3)),
            "category": dice.choice(CATEGORIES),
            "complexity": dice.choice((None, 1, 3, 5)),
        }
        cards += [_random_card(dice, f"case-{number}", r, case) for r in range(repetitions)]
    return cards


def _random_card(dice: random.Random, key: str, repetition: int, case: dict[str, Any]) -> Card:
    status = dice.choice(("passed", "passed", "passed", "failed", "unscored", "errored", "open"))
    judged = status in ("passed", "failed")
    fields = {
        "stages": {name: _random_stage(dice) for name in STAGES[: dice.randrange(1, 4)]},
        "latency_ms": dice.choice((None, dice.uniform(1, 900))),
        "tokens_in": dice.choice((None, dice.randrange(500))),
        "tokens_out": dice.choice((None, dice.randrange(500))),
        "cost_usd": dice.choice((None, dice.random() / 100)),
    }
    return Card(key, status, dice.random() if judged else None, repetition, fields, case)


def _random_stage(dice: random.Random) -> dict[str, Any]:
    status = dice.choice(
        ("passed", "passed", "failed", "unscored", "skipped", "not_applicable", "errored")
    )
    return {"status": status, "score": dice.random() if status in ("passed", "failed") else None}
