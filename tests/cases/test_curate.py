"""Each curation is one version; what a case was stays readable."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.transaction import atomic

from evalsite.audit.models import Entry
from evalsite.cases.check import CaseRefused
from evalsite.cases.curate import (
    CaseChanged,
    CaseExists,
    SuiteExists,
    SuiteNameInvalid,
    create_suite,
    describe_suite,
    save_case,
)
from evalsite.cases.models import Revision, Suite, TestCase
from evalsite.cases.queries import active_revisions, history
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from packs.protocol import PackError
from tests.factories import make_revision

FRANCE = {
    "key": "france",
    "input": {"question": "Capital of France?"},
    "expected": {"answer": "Paris"},
    "tags": ["europe"],
    "category": "geography",
    "complexity": 1,
}


def test_a_suite_begins_empty_at_version_0(suite: Suite) -> None:
    assert (suite.version, active_revisions(suite).count()) == (0, 0)
    assert Entry.objects.filter(action="suite.added").count() == 1


def test_a_second_suite_of_that_name_is_refused(suite: Suite) -> None:
    with pytest.raises(SuiteExists):
        create_suite(name=suite.name, pack="exact")


def test_another_tenant_may_have_a_suite_of_that_name(suite: Suite, globex: Tenant) -> None:
    with tenant(globex.pk):
        assert create_suite(name=suite.name, pack="exact").pk != suite.pk


@pytest.mark.parametrize("name", ["", "a b", "x" * 101, "a\x00b", "é", "new"])
def test_a_bad_suite_name_is_refused(as_acme: Tenant, name: str) -> None:
    with pytest.raises(SuiteNameInvalid):
        create_suite(name=name, pack="exact")


def test_a_suite_of_an_unknown_pack_is_refused(as_acme: Tenant) -> None:
    with pytest.raises(PackError):
        create_suite(name="s", pack="nope")


def test_describing_a_suite_leaves_its_version(suite: Suite) -> None:
    describe_suite(suite, description="what it is for")
    suite.refresh_from_db()
    assert (suite.description, suite.version) == ("what it is for", 0)


def test_a_new_case_is_version_1_and_its_first_revision(suite: Suite, paris: TestCase) -> None:
    revision = Revision.objects.get(case=paris)
    assert (suite.version, revision.from_version, revision.until_version) == (1, 1, None)
    assert (revision.number, revision.author, revision.expected) == (
        1,
        "alice",
        {"answer": "Paris"},
    )


def test_an_edit_closes_the_old_revision_and_opens_a_new_one(suite: Suite, paris: TestCase) -> None:
    save_case(suite, {**FRANCE, "complexity": 2}, actor="bob", note="harder than it looks")
    new, old = history(paris)
    assert (old.from_version, old.until_version, old.complexity) == (1, 2, 1)
    assert (new.from_version, new.until_version, new.complexity) == (2, None, 2)
    assert (new.number, new.author, new.note) == (2, "bob", "harder than it looks")


def test_an_edit_moves_the_head(suite: Suite, paris: TestCase) -> None:
    save_case(suite, {**FRANCE, "expected": {"answer": "Paris, France"}})
    before, paris_hash = paris.updated_at, paris.content_hash
    paris.refresh_from_db()
    assert (paris.expected, paris.revision_number) == ({"answer": "Paris, France"}, 2)
    assert paris.content_hash != paris_hash
    assert paris.updated_at >= before


def test_the_same_content_changes_nothing(suite: Suite, paris: TestCase) -> None:
    save_case(suite, FRANCE)
    assert suite.version == 1
    assert len(history(paris)) == 1
    assert not Entry.objects.filter(action="case.changed").exists()


@pytest.mark.parametrize("metadata", [{"n": 1.0}, {"n": None}, {"N": 1}])
def test_a_change_of_metadata_alone_is_a_revision(suite: Suite, metadata: dict[str, Any]) -> None:
    save_case(suite, {**FRANCE, "metadata": {"n": 1}})
    save_case(suite, {**FRANCE, "metadata": metadata})
    assert suite.version == 2


def test_a_bad_case_leaves_no_trace(suite: Suite) -> None:
    with pytest.raises(CaseRefused):
        save_case(suite, {**FRANCE, "complexity": 9})
    suite.refresh_from_db()
    assert (suite.version, TestCase.objects.count()) == (0, 0)


def test_an_edit_based_on_an_old_revision_is_refused(suite: Suite, paris: TestCase) -> None:
    save_case(suite, {**FRANCE, "complexity": 2}, based_on=1)
    with pytest.raises(CaseChanged):
        save_case(suite, {**FRANCE, "complexity": 3}, based_on=1)


def test_a_case_that_is_to_be_new_must_be_new(suite: Suite, paris: TestCase) -> None:
    with pytest.raises(CaseExists):
        save_case(suite, FRANCE, based_on=0)


def test_who_did_what_is_on_the_audit_trail(suite: Suite, paris: TestCase) -> None:
    save_case(suite, {**FRANCE, "complexity": 2}, actor="bob")
    entry = Entry.objects.get(action="case.changed")
    assert (entry.actor, entry.subject, entry.subject_id) == ("bob", "france", str(paris.pk))
    assert entry.details == {"version": 2, "fields": ["complexity"]}
    assert (entry.before, entry.after) == ({"revision": 1}, {"revision": 2})


def test_what_a_case_says_is_not_on_the_audit_trail(suite: Suite, paris: TestCase) -> None:
    save_case(suite, {**FRANCE, "input": {"question": "Capital of France, please?"}})
    assert Entry.objects.get(action="case.changed").details["fields"] == ["input"]
    assert "please" not in str(list(Entry.objects.values()))


def test_a_suite_says_what_its_cases_share(suite: Suite) -> None:
    describe_suite(suite, description="x", cluster_key="document")
    describe_suite(suite, description="y")
    suite.refresh_from_db()
    assert (suite.description, suite.cluster_key) == ("y", "document")
    told = Entry.objects.filter(action="suite.described").order_by("recorded_at", "id").last()
    assert told is not None
    assert (told.before, told.after) == ({"description": "x"}, {"description": "y"})


def test_a_revision_is_of_its_case_s_suite(paris: TestCase) -> None:
    other = create_suite(name="rivers", pack="exact")
    with pytest.raises(IntegrityError, match="cases_revision_same_tenant_case"), atomic():
        make_revision(case=paris, suite=other, number=2)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
