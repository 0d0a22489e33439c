"""Columns that are put away come back as they were, from memory and from a file."""

from __future__ import annotations

import os

import numpy as np
import pytest

from evalsite.regressions import shelf
from evalsite.regressions.case_figures import CaseFigures, places_of
from evalsite.regressions.shelf import Shelf


@pytest.fixture(params=[0, 2**20], ids=["file", "memory"])
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """A shelf in a file from the second byte on, and one in memory."""
    monkeypatch.setattr(shelf, "IN_MEMORY", request.param or 1)
    return Shelf()


def test_columns_come_back(kept: Shelf) -> None:
    names = np.array([b"a" * 16, b"b\0c", b""], dtype="S16")
    scores = np.array([0.5, np.nan, -1.0])
    for part in (slice(0, 2), slice(2, 3)):
        kept.add("name", names[part])
        kept.add("score", scores[part])
    for _ in range(2):
        assert kept["name"].tolist() == names.tolist()
        assert kept["name"].dtype == names.dtype
        np.testing.assert_array_equal(kept["score"], scores)
    assert "score" in kept
    assert "other" not in kept
    with pytest.raises(KeyError):
        kept["other"]


def test_nothing_comes_back_as_nothing(kept: Shelf) -> None:
    kept.add("score", np.empty(0))
    assert kept["score"].shape == (0,)


def test_what_was_read_cannot_be_changed(kept: Shelf) -> None:
    kept.add("score", np.arange(3.0))
    with pytest.raises(ValueError, match="read-only"):
        kept["score"][0] = 7.0
    kept.add("score", np.array([3.0]))
    assert kept["score"].tolist() == [0.0, 1.0, 2.0, 3.0]


def test_two_metrics_are_at_hand_and_read_once() -> None:
    figures = CaseFigures()
    for name in ("pass_rate", "score", "tokens"):
        figures.add(name, np.arange(3.0))
    rate, score = figures.values("pass_rate"), figures.values("score")
    assert figures.values("pass_rate") is rate
    assert figures.values("score") is score
    figures.values("tokens")
    assert figures.values("pass_rate") is not rate
    assert figures.values("pass_rate").tolist() == rate.tolist()


def test_the_file_goes_with_the_shelf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "IN_MEMORY", 1)
    kept = Shelf()
    kept.add("score", np.arange(3.0))
    file = kept._file
    assert os.fstat(file.fileno()).st_size == 24
    del kept
    assert file.closed


@pytest.mark.parametrize("seed", range(5))
def test_cases_are_numbered_alike_in_both_batches(seed: int) -> None:
    dice = np.random.default_rng(seed)
    pool = np.array([dice.bytes(16) for _ in range(30)], dtype="S16")
    sides = [dice.choice(pool, size=size) for size in (40, 0, 25)]
    n, places = places_of(sides)
    found, inverse = np.unique(np.concatenate(sides), return_inverse=True)
    assert n == len(found)
    assert np.concatenate(places).tolist() == inverse.tolist()
    assert [len(part) for part in places] == [40, 0, 25]


def test_no_cases_have_no_numbers() -> None:
    n, places = places_of([np.empty(0, dtype="S16")] * 2)
    assert (n, [len(part) for part in places]) == (0, [0, 0])
