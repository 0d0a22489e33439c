"""Told on a change of state, once, and once on recovery."""

from __future__ import annotations

import pytest

from evalsite.alerts.models import Alert, Condition
from evalsite.alerts.notice import batch_closed, judges_tried
from evalsite.batches.models import Batch
from evalsite.regressions.compare import compare
from evalsite.regressions.pin import pin
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.alerts.test_deliver import together
from tests.alerts.told import Story
from tests.factories import make_subscription


@pytest.fixture
def story(as_acme: Tenant) -> Story:
    """A good batch, and somebody to tell."""
    make_subscription(email="ann@example.org")
    told = Story()
    told.close(fallen=0)
    return told


def kinds() -> list[str]:
    return list(Alert.objects.order_by("created_at").values_list("kind", flat=True))


def test_a_fall_is_told_once_while_it_lasts(story: Story) -> None:
    for fallen in (12, 12, 14):
        story.close(fallen=fallen)
    assert kinds() == ["regression"]


def test_the_recovery_is_told_once(story: Story) -> None:
    for fallen in (12, 12, 1, 1, 0):
        story.close(fallen=fallen)
    assert kinds() == ["regression", "recovery"]


def test_the_recovery_is_proven_against_the_last_good_batch(story: Story) -> None:
    good = Batch.objects.get()
    story.close(fallen=12)
    story.close(fallen=12)
    (told,) = story.close(fallen=0)
    condition = Condition.objects.get()
    assert condition.comparison is not None
    assert condition.comparison.baseline_id == good.pk
    assert "Against the last batch before the regression" in told.text


def test_a_second_fall_is_told_again(story: Story) -> None:
    for fallen in (12, 0, 12, 0):
        story.close(fallen=fallen)
    assert kinds() == ["regression", "recovery"] * 2


def test_half_a_recovery_is_none(story: Story) -> None:
    """No difference from the good batch is shown, but a fall of 15 points is not excluded."""
    for fallen in (6, 5):
        story.close(fallen=fallen)
    assert kinds() == ["regression"]
    assert Condition.objects.get().is_bad


def test_what_is_inconclusive_changes_nothing(story: Story) -> None:
    story.close(fallen=12)
    batch = story.batch(fallen=0)
    Batch.objects.filter(pk=batch.pk).update(preflight="untrusted")
    batch.refresh_from_db()
    batch_closed(batch, compare(batch))
    assert kinds() == ["regression"]


def test_a_fall_while_judges_fail_is_told_by_the_next_that_is_judged(story: Story) -> None:
    hollow = story.batch(fallen=12)
    Batch.objects.filter(pk=hollow.pk).update(preflight="untrusted")
    story.close(fallen=12)
    assert kinds() == ["regression"]


def test_a_good_batch_that_is_being_retried_proves_nothing(story: Story) -> None:
    story.close(fallen=12)
    Batch.objects.filter(pk=Batch.objects.earliest("created_at").pk).update(state="running")
    story.close(fallen=0)
    assert kinds() == ["regression"]


def test_a_batch_closed_twice_is_told_once(story: Story) -> None:
    batch = story.batch(fallen=12)
    for _ in range(2):
        batch_closed(batch, compare(batch))
    assert kinds() == ["regression"]


def test_an_older_batch_that_is_late_says_nothing(story: Story) -> None:
    late = story.batch(fallen=12)
    Batch.objects.filter(pk=late.pk).update(state="running")
    story.close(fallen=12)
    story.close(fallen=0)
    Batch.objects.filter(pk=late.pk).update(state="finished")
    batch_closed(late, compare(late))
    assert kinds() == ["regression", "recovery"]


def test_a_pinned_baseline_is_what_good_means(story: Story) -> None:
    """Whoever pins the fallen batch takes it as it is: more of the same is no longer bad."""
    story.close(fallen=12)
    pin(Batch.objects.latest("created_at"))
    story.close(fallen=12)
    assert kinds() == ["regression", "recovery"]


def test_each_target_has_its_own_state(story: Story) -> None:
    other = Story(suite=story.suite)
    other.close(fallen=0)
    story.close(fallen=12)
    other.close(fallen=12)
    assert kinds() == ["regression", "regression"]


def test_an_untrusted_judge_is_told_until_it_can_be_trusted(story: Story) -> None:
    for found in ("untrusted", "untrusted", "trusted", "untrusted"):
        batch = story.batch(fallen=0)
        Batch.objects.filter(pk=batch.pk).update(preflight=found, preflight_notes=["it gave in"])
        judges_tried(batch.pk)
    assert kinds() == ["judge_untrusted"] * 2


@pytest.mark.usefixtures("committed_db")
def test_two_who_close_at_once_tell_once() -> None:
    acme = Tenant.objects.create(slug="acme", name="Acme")
    with tenant(acme.pk):
        make_subscription()
        story = Story()
        story.batch(fallen=0)
        batch = story.batch(fallen=12)
        found = compare(batch)

    def close() -> None:
        with tenant(acme.pk):
            batch_closed(batch, found)

    together(3, close)
    with tenant(acme.pk):
        assert kinds() == ["regression"]
        assert Condition.objects.get().turn == 1
