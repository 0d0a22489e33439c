"""The cases of two batches side by side, in memory: what every comparison is made from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from django.db import transaction

from evalsite.batches.models import Batch
from evalsite.regressions.cards import Cards, load_cards
from evalsite.regressions.case_figures import CaseFigures, case_figures, places_of
from evalsite.regressions.metrics import metric, metrics_of
from evalsite.regressions.revisions import AT_ONCE, Edited, edited, ids, profiles_of
from evalsite.regressions.slices import Part, Read, Slices
from evalsite.summaries.figures import work_in_memory

if TYPE_CHECKING:
    import numpy.typing as npt

    from evalsite.regressions.cards import Floats, Ints, Mask

ALL: Final = "all"
# A slice more than these is not looked at: each costs time and certainty.
MOST_SLICES: Final = 100


class Sides(NamedTuple):
    """One metric of the cases that have it on both sides, in the same order.

    `clusters` is None where every case stands alone; `left_out` counts the cases without a pair.
    """

    before: Floats
    after: Floats
    clusters: Ints | None
    left_out: int


@dataclass(frozen=True)
class Frame:
    """The cases of both batches, a row each. A case is in the slices that it has now.

    `profile` is what `slices` knows it by; `cluster` is None where every case stands alone.
    `other_input` and `other_expected` mark the cases that were edited between the batches. Another
    input makes another question: such a case has no pair.
    """

    stages: list[str]
    now: CaseFigures
    before: CaseFigures
    slices: Slices
    profile: Ints
    cluster: Ints | None
    other_input: Mask
    other_expected: Mask
    _masks: dict[tuple[str, str], Mask] = field(default_factory=dict, repr=False)

    @cached_property
    def metrics(self) -> list[str]:
        """Name the metrics that any case has on both sides; the pass rate is always one."""
        first, *others = metrics_of(self.stages)
        return [first, *(name for name in others if self.paired(name).any())]

    @cached_property
    def looked_at(self) -> list[Part]:
        """Name the slices that are looked at, in order: those with most cases of either batch.

        Of slices as large, which of them is settled by hashes of what their cases are in: always
        in the same way, but by no rule that a reader would know.
        """
        import numpy as np

        sizes = self.slices.sizes(np.bincount(self.profile, minlength=self.slices.n_profiles))
        held = np.flatnonzero(self._held)
        largest = held[np.argsort(-sizes[held], kind="stable")][:MOST_SLICES]
        return sorted(self.slices.names(largest.tolist()))

    @property
    def n_slices(self) -> int:
        """How many slices hold any case of both batches."""
        return int((self._held > 0).sum())

    def holds(self, part: Part) -> bool:
        """Whether a slice holds any case of both batches."""
        number = self.slices.number(part)
        return number is not None and bool(self._held[number])

    @cached_property
    def _held(self) -> Ints:
        import numpy as np

        both = (self.now.card >= 0) & (self.before.card >= 0)
        counts = np.bincount(self.profile[both], minlength=self.slices.n_profiles)
        return self.slices.sizes(counts)

    def sides(self, name: str, *, kind: str = ALL, value: str = "") -> Sides:
        """Answer a metric before and after, whole or in a slice; KeyError for no such metric."""
        metric(name)
        inside, paired = self.inside(kind, value), self.paired(name)
        chosen = inside & paired
        return Sides(
            self.before.values(name)[chosen],
            self.now.values(name)[chosen],
            None if self.cluster is None else self.cluster[chosen],
            int((inside & ~paired).sum()),
        )

    def paired(self, name: str) -> Mask:
        """Mark the cases that have the metric on both sides."""
        import numpy as np

        lacking = np.isnan(self.now.values(name)) | np.isnan(self.before.values(name))
        return ~(lacking | self.other_input)

    def inside(self, kind: str = ALL, value: str = "") -> Mask:
        """Mark the cases of a slice."""
        import numpy as np

        if (kind, value) not in self._masks:
            self._masks.clear()  # one slice is looked at after the other, and there may be many
            if kind == ALL:
                self._masks[kind, value] = np.ones(len(self.profile), dtype=bool)
            else:
                self._masks[kind, value] = self.slices.fits((kind, value))[self.profile]
        return self._masks[kind, value]


def load_frame(now: Batch, before: Batch) -> Frame:
    """Load the cases of two batches of one suite, in a few set-based queries."""
    stages, key = stages_of(now, before), now.suite.cluster_key
    with transaction.atomic(savepoint=False):
        work_in_memory()
        return pair(
            (
                load_cards(now, stages=stages, cluster_key=key),
                load_cards(before, stages=stages, cluster_key=key),
            ),
            stages=stages,
            weights=[weights_of(batch, stages) for batch in (now, before)],
        )


def stages_of(*batches: Batch) -> list[str]:
    """Name the stages of the batches as they were run, those of the first before the others."""
    names = (stage["name"] for batch in batches for stage in batch.manifest["stages"])
    return list(dict.fromkeys(names))


def weights_of(batch: Batch, stages: Sequence[str]) -> list[float]:
    """Answer the stages' weights in a batch; a stage that it does not have weighs nothing."""
    has = {stage["name"]: float(stage.get("weight", 1.0)) for stage in batch.manifest["stages"]}
    return [has.get(stage, 0.0) for stage in stages]


def pair(
    cards: tuple[Cards, Cards],
    *,
    stages: Sequence[str],
    weights: Sequence[Sequence[float]],
    profiles: Read = profiles_of,
    differ: Callable[[Sequence[tuple[UUID, UUID]]], Sequence[Edited]] = edited,
) -> Frame:
    """Put the cards of (now, before) side by side; `weights` are those of the stages, per side."""
    import numpy as np

    n, places = places_of([side["case"] for side in cards])
    now, before = (
        case_figures(side, places=at, n=n, stages=stages, weights=weight)
        for side, at, weight in zip(cards, places, weights, strict=True)
    )
    # What is known of a case: of the batch now if it is there, else of the one before.
    newest = np.where(now.card >= 0, now.card, len(places[0]) + before.card)

    def known(name: str) -> npt.NDArray[Any]:
        return np.concatenate([side[name] for side in cards])[newest]

    clusters = known("cluster")
    _, first, profile = np.unique(known("profile"), return_index=True, return_inverse=True)
    revisions = np.where(now.card >= 0, now.revision, before.revision)[first]
    other_input, other_expected = _edited((now, before), differ=differ)
    return Frame(
        list(stages),
        now,
        before,
        Slices(revisions, read=profiles),
        profile.reshape(-1),
        np.where(clusters, clusters, -1 - np.arange(n)) if clusters.any() else None,
        other_input,
        other_expected,
    )


def _edited(
    sides: tuple[CaseFigures, CaseFigures],
    *,
    differ: Callable[[Sequence[tuple[UUID, UUID]]], Sequence[Edited]],
) -> tuple[Mask, Mask]:
    import numpy as np

    now, before = sides
    other = (now.card >= 0) & (before.card >= 0) & (now.revision != before.revision)
    places, new, old = np.flatnonzero(other), now.revision[other], before.revision[other]
    masks = np.zeros((2, len(other)), dtype=bool)
    for at in range(0, len(places), AT_ONCE):
        part = slice(at, at + AT_ONCE)
        for row in differ(list(zip(ids(new[part]), ids(old[part]), strict=True))):
            masks[:, places[part][row.place]] = row.other_input, row.other_expected
    return masks[0], masks[1]
