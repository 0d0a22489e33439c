"""How many calls of the model are explained."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from evalsite.tenants.models import Tenant
from tests.crucible.invariants import calls_are_bounded
from tests.factories import make_batch

JUDGED: dict[str, Any] = {"stages": [{"name": "rubric", "lane": "model"}]}
RECORDED: dict[str, Any] = {"stages": [{"name": "exact", "lane": "cpu"}]}


@pytest.mark.parametrize(
    ("manifest", "seen", "most"),
    [
        (JUDGED, {}, 40),
        (JUDGED, {"n_faulty": 3, "n_lost_slots": 2}, 83),
        (JUDGED, {"resumed": 1}, 80),
        (RECORDED, {"resumed": 1}, 0),
    ],
)
def test_so_many_calls_are_explained_and_not_one_more(
    manifest: dict[str, Any], seen: dict[str, int], most: int, as_acme: Tenant
) -> None:
    batch = make_batch(manifest=manifest)
    scene: Any = SimpleNamespace(
        each_tenant=lambda: iter([as_acme]),
        n_faulty=seen.get("n_faulty", 0),
        n_lost_slots=seen.get("n_lost_slots", 0),
        resumed=Counter({batch.pk: seen.get("resumed", 0)}),
        world=SimpleNamespace(model=SimpleNamespace(calls=[None] * most)),
    )
    assert [*calls_are_bounded(scene)] == []
    scene.world.model.calls.append(None)
    assert [*calls_are_bounded(scene)] == [
        f"{most + 1} calls of the model, at most {most} are explained"
    ]
