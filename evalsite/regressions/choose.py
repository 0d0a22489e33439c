"""Which batch another is compared with.

By default: the batch that a person pinned for the suite, target and client type, else the newest
finished batch before this one of the same suite, pack, target and client type. Among these one
that scored the same selection of cases, or the whole suite, goes before any that did not: a
quick try of ten cases is no baseline for the whole. Of those again one that proves something goes
before any that does not: behind an evening of failing judges a regression would stay unseen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When

from evalsite.batches.models import Batch, BatchState, Preflight
from evalsite.batches.queries import BatchUnknown, find_batch
from evalsite.env import load
from evalsite.errors import EvalsiteError
from evalsite.regressions.models import Baseline, ChosenBy
from evalsite.summaries.models import SliceKind, Summary

Choice = tuple[Batch, ChosenBy]

SHORTEST_COMMIT: Final = 4


class BaselineUnknown(EvalsiteError):
    """No finished batch is what was asked for as a baseline."""

    code = "baseline_unknown"
    hint = "name a batch id, previous, pinned, version:V or commit:C; listbatches shows batches"
    exit_code = 2
    http_status = 422


class BaselineMissing(BaselineUnknown):
    """No baseline was asked for, and none is due: nothing was finished before."""

    http_status = 409


def choose_baseline(batch: Batch) -> Choice | None:
    """Answer the batch due as this one's baseline, or None where there is none."""
    return _pinned(batch) or _previous(batch)


def baseline_for(batch: Batch, text: str = "") -> Choice:
    """Answer the batch that a text names as this one's baseline, or without a text the one due.

    Raises BaselineUnknown.
    """
    choice = resolve_baseline(batch, text) if text else choose_baseline(batch)
    if choice is None:
        raise BaselineMissing(f"there is no batch before {batch.pk} to compare with")
    return choice


def resolve_baseline(batch: Batch, text: str) -> Choice:
    """Answer the batch that a text names as this one's baseline; raises BaselineUnknown.

    `text` is a batch id or how it begins, `previous`, `pinned`, `version:V` (the newest finished
    batch of that client version) or `commit:C` (of that commit, the first 4 characters or more).
    """
    kind, _, rest = text.strip().partition(":")
    ways: dict[str, Callable[[], Choice | None]] = {
        "previous": lambda: _previous(batch),
        "pinned": lambda: _pinned(batch),
        "version": lambda: _by_version(batch, rest),
        "commit": lambda: _by_commit(batch, rest),
    }
    found = ways[kind]() if kind in ways else _named(text.strip())
    if found is None:
        if kind == "pinned":
            raise BaselineUnknown("no finished batch is pinned for this suite and target")
        raise BaselineUnknown(f"there is no finished batch {text!r:.120} to compare with")
    if found[0].pk == batch.pk:
        raise BaselineUnknown("a batch cannot be compared with itself")
    return found


def _pinned(batch: Batch) -> Choice | None:
    """A pin for the client type goes before one for any; one that cannot be used is no pin."""
    pins = Baseline.objects.filter(
        Q(client_type=batch.run.client_type) | Q(client_type=""),
        suite=batch.suite_id,
        target=batch.run.target_id,
        batch__state=BatchState.FINISHED,
        batch__pack=batch.pack,
    ).exclude(batch=batch.pk)
    pinned = pins.order_by("-client_type").values_list("batch", flat=True).first()
    return _first(_finished().filter(pk=pinned), ChosenBy.PINNED) if pinned else None


def _previous(batch: Batch) -> Choice | None:
    earlier = _alike(batch).filter(created_at__lt=batch.created_at)
    fits = Q(selection=batch.selection) | Q(selection={})
    ranked = earlier.annotate(
        fits=Case(When(fits, then=Value(0)), default=Value(1)),
        hollow=Case(When(_is_hollow(), then=Value(1)), default=Value(0)),
    )
    return _first(ranked.order_by("fits", "hollow", "-created_at", "-pk"), ChosenBy.PREVIOUS)


def _is_hollow() -> Q:
    """Whatever is compared with such a batch is inconclusive: see `compare`."""
    whole = Summary.objects.filter(batch=OuterRef("pk"), slice_kind=SliceKind.ALL)
    lacking = whole.alias(lacking=F("unscored") + F("errored"))
    many = lacking.filter(lacking__gt=F("n") * Value(load().unscored_limit))
    return Q(preflight=Preflight.UNTRUSTED) | Q(Exists(many))


def _by_version(batch: Batch, version: str) -> Choice | None:
    found = _alike(batch).filter(run__client_version=version) if version else Batch.objects.none()
    return _first(found.order_by("-created_at", "-pk"), ChosenBy.VERSION)


def _by_commit(batch: Batch, commit: str) -> Choice | None:
    if len(commit) < SHORTEST_COMMIT:
        raise BaselineUnknown(f"commit {commit!r} is shorter than {SHORTEST_COMMIT} characters")
    found = _alike(batch).filter(run__commit__startswith=commit)
    if len(set(found.values_list("run__commit", flat=True))) > 1:
        raise BaselineUnknown(f"several commits begin with {commit!r:.80}")
    return _first(found.order_by("-created_at", "-pk"), ChosenBy.COMMIT)


def _named(text: str) -> Choice | None:
    try:
        named = find_batch(text) if text else None
    except BatchUnknown as error:
        raise BaselineUnknown(error.message) from None
    return _first(_finished().filter(pk=named.pk), ChosenBy.NAMED) if named else None


def _alike(batch: Batch) -> QuerySet[Batch]:
    found = _finished().exclude(pk=batch.pk)
    return found.filter(
        suite=batch.suite_id,
        pack=batch.pack,
        run__target=batch.run.target_id,
        run__client_type=batch.run.client_type,
    )


def _finished() -> QuerySet[Batch]:
    return Batch.objects.filter(state=BatchState.FINISHED).select_related("run__target", "suite")


def _first(found: QuerySet[Batch], by: ChosenBy) -> Choice | None:
    batch = found.first()
    return None if batch is None else (batch, by)
