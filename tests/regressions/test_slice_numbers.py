"""Slices by number say the same as slices by name."""

from __future__ import annotations

import random
from collections import Counter
from uuid import UUID

import numpy as np
import pytest

from evalsite.regressions.revisions import Profile
from evalsite.regressions.slices import KINDS, Slices
from tests.regressions.in_memory import random_profile


@pytest.fixture(params=[1, 7, 10_000])
def at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Profiles are read so many at once."""
    monkeypatch.setattr("evalsite.regressions.slices.AT_ONCE", request.param)


def slices_of(profiles: list[Profile]) -> Slices:
    revisions = np.array([UUID(int=n + 1).bytes for n in range(len(profiles))], dtype="S16")
    return Slices(revisions, read=lambda ids: [profiles[one.int - 1] for one in ids])


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("seed", range(5))
def test_numbers_stand_for_names(seed: int) -> None:
    dice = random.Random(seed)
    profiles = [random_profile(dice) for _ in range(40)]
    slices = slices_of(profiles)
    names = list(dict.fromkeys(part for profile in profiles for part in profile.slices()))
    assert slices.names(range(len(slices))) == names
    assert [slices.number(part) for part in names] == [*range(len(names))]
    cases = np.array([dice.randrange(5) for _ in profiles])
    sizes: Counter[tuple[str, str]] = Counter()
    for profile, n in zip(profiles, cases.tolist(), strict=True):
        sizes.update(dict.fromkeys(profile.slices(), n))
    assert slices.sizes(cases).tolist() == [sizes[part] for part in names]
    for part in names:
        assert slices.fits(part).tolist() == [part in set(one.slices()) for one in profiles]


@pytest.mark.parametrize("kind", KINDS)
def test_members_share_what_profiles_have(kind: str) -> None:
    dice = random.Random(9)
    profiles = [random_profile(dice) for _ in range(40)]
    slices, amounts = slices_of(profiles), np.array([dice.random() for _ in profiles])
    wanted: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    for profile, amount in zip(profiles, amounts.tolist(), strict=True):
        values = [value for of, value in profile.slices() if of == kind] or [""]
        wanted.update(dict.fromkeys(values, amount / len(values)))
        counted.update(dict.fromkeys(values, amount))
    members = slices.members(kind)
    values = [*(value for _, value in slices.names(members.parts.tolist())), ""]
    assert members.total(amounts) == pytest.approx([wanted[value] for value in values])
    assert members.total(amounts, shared=False) == pytest.approx([counted[v] for v in values])


def test_what_nobody_is_in_is_no_slice() -> None:
    slices = slices_of([Profile((), "", None)] * 3)
    assert (len(slices), slices.names([]), slices.number(("tag", "x"))) == (0, [], None)
    assert not slices.fits(("tag", "x")).any()
    assert slices.sizes(np.ones(3, dtype=np.int64)).tolist() == []
    assert slices.members("tag").total(np.ones(3)).tolist() == [3.0]
