"""A run is opened by name and completed once."""

from __future__ import annotations

import pytest

from evalsite.audit.models import Entry
from evalsite.targets.complete import RunNotOpen, complete_run
from evalsite.targets.models import Run, RunStatus, Target
from evalsite.targets.open import RunInvalid, RunMismatch, open_run
from evalsite.targets.queries import RunUnknown, find_run, output_counts
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_output, make_run


def test_a_run_is_made_with_its_target_on_first_sight(run: Run) -> None:
    assert (run.target.name, run.status) == ("bot", "pending")
    added = Entry.objects.get(action="run.added")
    assert (added.details["target"], added.details["new_target"]) == ("bot", True)


def test_the_same_name_is_the_same_run(run: Run) -> None:
    assert open_run(name="r1").pk == run.pk
    assert open_run(name="r1", target="bot", client_version="1").pk == run.pk
    assert (Run.objects.count(), Target.objects.count()) == (1, 1)


def test_two_runs_may_share_a_target(run: Run) -> None:
    assert open_run(name="r2", target="bot").target == run.target


@pytest.mark.parametrize("other", [{"target": "x"}, {"client_type": "x"}, {"client_version": ""}])
def test_a_run_of_something_else_is_refused(run: Run, other: dict[str, str]) -> None:
    with pytest.raises(RunMismatch):
        open_run(name="r1", **other)


@pytest.mark.parametrize(
    "bad", [{"name": "a b"}, {"name": ""}, {"target": "é"}, {"client_version": "x" * 101}]
)
def test_a_bad_name_is_refused_and_leaves_nothing(as_acme: Tenant, bad: dict[str, str]) -> None:
    with pytest.raises(RunInvalid):
        open_run(**{"name": "r", **bad})
    assert not Run.objects.exists()
    assert not Target.objects.exists()


def test_a_run_is_completed_once(run: Run) -> None:
    assert [complete_run(run), complete_run(run)] == [True, False]
    assert (run.status, run.completed_at is not None) == ("completed", True)
    assert Entry.objects.filter(action="run.completed").count() == 1


@pytest.mark.parametrize("status", [RunStatus.FAILED, RunStatus.DRY_RUN])
def test_a_run_that_is_over_otherwise_is_not_completed(as_acme: Tenant, status: str) -> None:
    with pytest.raises(RunNotOpen):
        complete_run(make_run(status=status))


def test_a_run_is_found_by_name_in_its_tenant_only(run: Run, globex: Tenant) -> None:
    assert find_run("r1") == run
    with tenant(globex.pk), pytest.raises(RunUnknown):
        find_run("r1")


def test_outputs_are_counted(as_acme: Tenant) -> None:
    output = make_output()
    assert output_counts([output.run.pk, make_run().pk]) == {output.run.pk: 1}
