"""What the database itself keeps: bounds, the natural key, and the locked declaration."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from evalsite.experiments.models import Experiment
from tests.factories import make_decision, make_experiment, make_result

pytestmark = pytest.mark.usefixtures("as_acme")


def run(statement: str, *values: UUID) -> int:
    """Run a statement of nobody's verb."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


@pytest.mark.parametrize("score", ["1.0000001", "-0.1", "'NaN'", "'Infinity'"])
def test_no_score_lies_outside_0_to_1(score: str) -> None:
    result = make_result()
    with pytest.raises(IntegrityError, match="experiments_result_score"):
        run(f"UPDATE experiments_result SET score = {score} WHERE id = %s", result.pk)


def test_a_missing_score_has_a_reason() -> None:
    result = make_result()
    with pytest.raises(IntegrityError, match="score_or_reason"):
        run("UPDATE experiments_result SET score = NULL WHERE id = %s", result.pk)


def test_there_are_two_groups() -> None:
    result = make_result()
    with pytest.raises(IntegrityError, match="experiments_result_group"):
        run("UPDATE experiments_result SET \"group\" = 'third' WHERE id = %s", result.pk)


def test_a_result_stands_once_under_its_natural_key() -> None:
    result = make_result(task="a")
    with pytest.raises(IntegrityError, match="experiments_result_natural"), transaction.atomic():
        make_result(experiment=result.experiment, task="a")


@pytest.mark.parametrize(
    "change",
    [
        *("margin = 0.5", "alpha = 0.2", "primary_metric = 'success'", "claim = 'superiority'"),
        *("peek_safe = true", "tie_band = 0.1", "max_slower = 1", "max_dearer = 1"),
        "locked_at = NULL",
    ],
)
def test_the_first_result_locks_the_declaration(change: str) -> None:
    experiment = make_result().experiment
    with pytest.raises(IntegrityError, match="locked by the first result"):
        run(f"UPDATE experiments_experiment SET {change} WHERE id = %s", experiment.pk)


def test_before_it_anything_may_change() -> None:
    experiment = make_experiment()
    assert run("UPDATE experiments_experiment SET margin = 0.5 WHERE id = %s", experiment.pk) == 1


def test_what_was_not_declared_may_still_change() -> None:
    experiment = make_result().experiment
    Experiment.objects.filter(pk=experiment.pk).update(description="told later", state="closed")
    experiment.refresh_from_db()
    assert experiment.state == "closed"
    assert experiment.locked_at is not None


def test_a_decision_is_frozen() -> None:
    decision = make_decision()
    with pytest.raises(Exception, match="permission denied"):
        run("UPDATE experiments_decision SET verdict = 'reject' WHERE id = %s", decision.pk)
