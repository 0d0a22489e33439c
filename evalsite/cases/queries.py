"""Which cases a suite has, in which version, and which of them were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import MD5, Cast, Collate, Concat

from evalsite.cases.models import CaseState, Content, Revision, Suite, TestCase
from evalsite.errors import EvalsiteError, UsageError


class SuiteUnknown(EvalsiteError):
    """The tenant has no suite of that name."""

    code = "suite_unknown"
    hint = "manage.py importcases FILE --suite NAME --pack PACK makes one"
    exit_code = 2
    http_status = 422


class VersionUnknown(UsageError):
    """The suite has not come to that version."""

    code = "suite_version_unknown"
    hint = "leave the version out for the newest"


class CaseUnknown(UsageError):
    """The suite has no such case."""

    code = "case_unknown"
    hint = "list the suite's cases, and name those"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which of a suite's active cases are wanted; without any wish, all of them.

    A case with any of `tags` fits. A sample is the same for the same seed, whatever else is in
    the database; `limit` cuts what is left, in order of key.
    """

    tags: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    sample: int | None = None
    seed: int = 0
    limit: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Answer only what was wished for, to be kept with a batch."""
        wishes = {name: wish for name, wish in asdict(self).items() if wish not in ((), None)}
        if self.sample is None:
            del wishes["seed"]
        return wishes


def find_suite(name: str) -> Suite:
    """Answer the suite of that name; raises SuiteUnknown."""
    found = Suite.objects.filter(name=name).first()
    if found is None:
        raise SuiteUnknown(f"there is no suite {name!r}")
    return found


def cases_called(key: str) -> list[UUID]:
    """Answer the ids of the cases of that key, in any suite."""
    suites = list(Suite.objects.values_list("pk", flat=True))  # named, so that an index finds them
    return list(TestCase.objects.filter(suite__in=suites, key=key).values_list("pk", flat=True))


def require_version(suite: Suite, version: int | None) -> None:
    """Raise VersionUnknown unless the suite has come to the version; None is its newest."""
    if version is not None and not 0 <= version <= suite.version:
        raise VersionUnknown(f"suite {suite} is at version {suite.version}")


def named_cases(suite: Suite, *, ids: Sequence[UUID] = (), keys: Sequence[str] = ()) -> list[UUID]:
    """Answer the ids of a suite's cases that are named by id or key; raises CaseUnknown."""
    named = Q(pk__in=ids) | Q(key__in=keys)
    found = dict(TestCase.objects.filter(named, suite=suite).values_list("pk", "key"))
    known = set(found.values())
    lost = [*(str(pk) for pk in ids if pk not in found), *(key for key in keys if key not in known)]
    if lost:
        raise CaseUnknown(f"suite {suite} has no case {lost[0]!r:.220} ({len(lost)} are unknown)")
    return list(found)


def revisions_at(suite: Suite, *, version: int | None = None) -> QuerySet[Revision]:
    """Answer every case as it stood in a version (default: the newest), in any state."""
    at = suite.version if version is None else version
    return Revision.objects.filter(
        Q(until_version__isnull=True) | Q(until_version__gt=at), suite=suite, from_version__lte=at
    )


def active_revisions(
    suite: Suite, *, version: int | None = None, selection: Selection | None = None
) -> QuerySet[Revision]:
    """Answer the cases that a batch would score, in a fixed order."""
    wanted = selection or Selection()
    found = revisions_at(suite, version=version).filter(state=CaseState.ACTIVE)
    if wanted.tags:
        found = found.filter(tags__overlap=list(wanted.tags))
    if wanted.keys:
        found = found.filter(case__key__in=wanted.keys)
    if wanted.sample is not None:
        found = found.filter(pk__in=_drawn(found, size=wanted.sample, seed=wanted.seed))
    found = found.order_by(Collate("case__key", "C"))
    return found if wanted.limit is None else found[: wanted.limit]


def missing_keys(suite: Suite, keys: Iterable[str], *, version: int | None = None) -> list[str]:
    """Answer which of the keys are no active case of the version."""
    wanted = list(dict.fromkeys(keys))
    found = active_revisions(suite, version=version, selection=Selection(keys=tuple(wanted)))
    present = set(found.values_list("case__key", flat=True)) if wanted else set()
    return [key for key in wanted if key not in present]


def state_counts(suites: Iterable[UUID]) -> dict[UUID, dict[str, int]]:
    """Answer how many cases each suite has in each state."""
    counts: dict[UUID, dict[str, int]] = {}
    rows = TestCase.objects.filter(suite__in=list(suites)).values_list("suite", "state")
    for suite, state, count in rows.annotate(count=Count("pk")).order_by():
        counts.setdefault(suite, {})[state] = count
    return counts


def tags_in_use() -> list[str]:
    """Answer the tags of the tenant's cases, in order."""
    unnested = TestCase.objects.annotate(
        tag=Func("tags", function="unnest", output_field=CharField())
    )
    return list(unnested.order_by("tag").values_list("tag", flat=True).distinct())


def changed_fields(case: TestCase) -> list[str]:
    """Answer what a case's newest revision changed; nothing for a new case."""
    found = list(Revision.objects.filter(case=case).order_by("-number")[:2])
    names = (field.name for field in Content._meta.local_fields if field.editable)
    return [] if len(found) < 2 else [name for name in names if _differs(*found, name=name)]


def history(case: TestCase, *, most: int | None = None) -> list[Revision]:
    """Answer a case's revisions, the newest first; all, or so many."""
    return list(Revision.objects.filter(case=case).order_by("-number")[:most])


def _differs(one: Revision, other: Revision, *, name: str) -> bool:
    return bool(getattr(one, name) != getattr(other, name))


def _drawn(found: QuerySet[Revision], *, size: int, seed: int) -> QuerySet[Any]:
    drawn_by = MD5(
        Concat(Value(f"{seed}:"), Cast(F("case__key"), TextField()), output_field=TextField())
    )
    return found.order_by(drawn_by, "pk").values("pk")[:size]
