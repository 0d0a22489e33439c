"""The verbs of curation. Admin, importer and API all go through here.

One curation is one transaction and at most one new version of the suite. What a case was stays
readable as a revision, and a batch pinned to an older version keeps its cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from evalsite.audit.changes import change, shown
from evalsite.audit.record import record
from evalsite.cases.add import add_new
from evalsite.cases.apply import Curated, apply_staged, lock
from evalsite.cases.check import CheckedCase, check_case, check_tag
from evalsite.cases.models import CaseState, Suite, TestCase
from evalsite.cases.queries import changed_fields
from evalsite.cases.stage import Repeated, drop_repeated, repeated_keys, stage_edit
from evalsite.errors import EvalsiteError
from evalsite.tenants.statistics import refresh_statistics
from packs.registry import PACKS

# What stands in an address where a suite's name does.
RESERVED: Final = frozenset({"new"})
_NOT_RESERVED: Final = "choose another name, such as one with what it is about"
_SUITE: Final = ("pack", "description", "cluster_key")


class SuiteNameInvalid(EvalsiteError):
    """A suite's name is not a slug."""

    code = "suite_name_invalid"
    hint = "use up to 100 letters, digits, hyphens and underscores"
    exit_code = 2
    http_status = 422


class SuiteExists(EvalsiteError):
    """The tenant has a suite of that name already."""

    code = "suite_exists"
    hint = "choose another name, or import into the suite that is there"


class CaseChanged(EvalsiteError):
    """Somebody else changed the case since it was opened."""

    code = "case_changed"
    hint = "open the case again, look at its history, and make the change once more"


class CaseExists(EvalsiteError):
    """The suite has a case with that key already."""

    code = "case_exists"
    hint = "edit that case, or choose another key"


def create_suite(
    *, name: str, pack: str, description: str = "", cluster_key: str = "", actor: object = ""
) -> Suite:
    """Make an empty suite; raises SuiteNameInvalid, SuiteExists, and PackError for the pack."""
    PACKS.load(pack)
    if name in RESERVED:
        raise SuiteNameInvalid(f"{name!r} is the page that makes suites", hint=_NOT_RESERVED)
    suite = Suite(name=name, pack=pack, description=description, cluster_key=cluster_key)
    try:
        suite.clean_fields()
    except ValidationError as error:
        raise SuiteNameInvalid(f"{name!r:.120}: {'; '.join(error.messages)}") from None
    with transaction.atomic():
        suite, is_new = Suite.objects.get_or_create(
            name=name,
            defaults={"pack": pack, "description": description, "cluster_key": cluster_key},
        )
        if not is_new:
            raise SuiteExists(f"there is a suite {name!r} already")
        record("suite.added", suite, actor=actor, after=shown(suite, *_SUITE))
    return suite


def describe_suite(
    suite: Suite, *, description: str, cluster_key: str | None = None, actor: object = ""
) -> None:
    """Change what a suite says about itself, and by what its cases belong together if given.

    Its cases and version stay.
    """
    key = suite.cluster_key if cluster_key is None else cluster_key
    with transaction.atomic():
        locked = Suite.objects.select_for_update(no_key=True).get(pk=suite.pk)
        before = shown(locked, *_SUITE)
        locked.description, locked.cluster_key = description, key
        locked.save(update_fields=["description", "cluster_key"])
        record("suite.described", suite, actor=actor, **change(before, shown(locked, *_SUITE)))
    suite.description, suite.cluster_key = description, key


def save_case(
    suite: Suite,
    fields: Mapping[str, Any],
    *,
    based_on: int | None = None,
    actor: object = "",
    note: str = "",
) -> TestCase:
    """Add the case, or edit the one that has its key; the same content changes nothing.

    `based_on` is the revision number that the editor saw, 0 for a case that is to be new.
    Raises CaseRefused, CaseChanged, CaseExists, and PackError for the content.
    """
    checked = check_case(fields, pack=PACKS.load(suite.pack).value)
    with transaction.atomic():
        lock(suite)
        if based_on is not None:
            _require_revision(suite, key=checked.key, number=based_on)
        added = add_new(suite, [(1, checked)], author=str(actor), note=note)
        done = apply_staged(suite, author=str(actor), note=note, added=added)
        case = TestCase.objects.get(suite=suite, key=checked.key)
        if done.touched:
            verb = "case.added" if done.new else "case.changed"
            sides = change(*map(_revision, (case.revision_number - 1, case.revision_number)))
            told = {"version": done.version, "fields": changed_fields(case)}
            record(verb, case, actor=actor, **told, **sides)
    return case


def import_cases(
    suite: Suite,
    rows: Iterable[tuple[int, CheckedCase]],
    *,
    on_repeated: Callable[[Repeated], None],
    actor: object = "",
    note: str = "",
) -> Curated:
    """Add or edit many checked cases as one version, in flat memory.

    Of several lines with one key the first counts; `on_repeated` hears of the others.
    """
    with transaction.atomic():
        added = add_new(suite, rows, author=str(actor), note=note)
        found = False
        for repeated in repeated_keys():
            found = True
            on_repeated(repeated)
        if found:
            drop_repeated()
        done = apply_staged(suite, author=str(actor), note=note, added=added)
        _record_bulk("cases.imported", suite, done=done, actor=actor)
    refresh_statistics("cases_testcase", "cases_revision", rows=done.new + done.changed)
    return done


def set_state(ids: Sequence[UUID], *, state: CaseState, actor: object = "", note: str = "") -> int:
    """Put cases into a state; answer how many were in another one."""
    return _edit(ids, action=f"cases.{state.value}", actor=actor, note=note, state=state.value)


def add_tag(ids: Sequence[UUID], *, tag: str, actor: object = "", note: str = "") -> int:
    """Give cases a tag; answer how many did not have it. Raises CaseRefused for a bad tag."""
    return _edit(ids, action="cases.tagged", actor=actor, note=note, add_tag=check_tag(tag))


def remove_tag(ids: Sequence[UUID], *, tag: str, actor: object = "", note: str = "") -> int:
    """Take a tag from cases; answer how many had it. Raises CaseRefused for a bad tag."""
    return _edit(ids, action="cases.untagged", actor=actor, note=note, remove_tag=check_tag(tag))


def _edit(
    ids: Sequence[UUID], *, action: str, actor: object, note: str, **change: str | None
) -> int:
    touched = 0
    with transaction.atomic():
        # In one order everywhere, so that two curations of several suites cannot deadlock.
        suites = Suite.objects.filter(
            pk__in=TestCase.objects.filter(pk__in=ids).values("suite")
        ).order_by("pk")
        for suite in suites.select_for_update():
            stage_edit(suite.pk, ids=ids, **change)
            done = apply_staged(suite, author=str(actor), note=note)
            _record_bulk(action, suite, done=done, actor=actor)
            touched += done.touched
    return touched


def _require_revision(suite: Suite, *, key: str, number: int) -> None:
    found = TestCase.objects.filter(suite=suite, key=key).first()
    if number == 0 and found is not None:
        raise CaseExists(f"suite {suite} has a case {key!r} already")
    if number and (found is None or found.revision_number != number):
        raise CaseChanged(f"case {key!r} was changed by somebody else meanwhile")


def _revision(number: int) -> dict[str, int]:
    return {"revision": number} if number else {}


def _record_bulk(action: str, suite: Suite, *, done: Curated, actor: object) -> None:
    if done.touched:
        record(action, suite, actor=actor, version=done.version, new=done.new, changed=done.changed)
