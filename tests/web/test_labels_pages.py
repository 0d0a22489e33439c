"""The annotation queues as people work through them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evalsite.batches.models import Batch
from evalsite.calibration.draw import draw
from evalsite.calibration.models import Label, Queue, QueueItem
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.factories import (
    MANIFEST,
    make_batch,
    make_case,
    make_output,
    make_revision,
    make_scorecard,
)
from tests.web.looking import looker, shown

HOSTILE = "<script>alert(1)</script>"
RUBRIC = {"name": "logic", "lane": "model", "judge": "rubric"}


def batch_of(n: int = 2, **fields: Any) -> Batch:
    """A batch of cases that the machine failed, with hostile answers."""
    stages = [{**MANIFEST["stages"][0], **RUBRIC, "judge_options": {"rubric": "correctness"}}]
    batch = make_batch(manifest={**MANIFEST, "stages": stages}, n_cases=n, **fields)
    for number in range(n):
        case = make_case(suite=batch.suite, key=f"c{number}")
        make_output(run=batch.run, case=case, answer={"answer": HOSTILE})
        failed = {"status": "failed", "overall_passed": False}
        judged = {"stages": {"logic": {"status": "failed"}}}
        make_scorecard(batch=batch, revision=make_revision(case=case), **failed, **judged)
    return batch


@pytest.fixture
def queue(acme: Tenant) -> Queue:
    with tenant(acme.pk):
        return draw(batch_of(), name="first", size=10, stage="logic", seed=1)


@pytest.fixture
def ann(acme: Tenant) -> Client:
    return looker(acme, role=Role.CURATOR)


def say(client: Client, queue: Queue, number: int, verdict: str, note: str = "") -> Any:
    address = reverse("labels-answer", args=[queue.pk, number])
    return client.post(address, {"verdict": verdict, "note": note}, follow=True)


def next_of(client: Client, queue: Queue) -> str:
    return client.get(reverse("labels-next", args=[queue.pk])).content.decode()


def test_an_empty_list_names_the_next_step(acme: Tenant) -> None:
    assert "There is no queue yet" in shown(acme, "/labels/")
    assert reverse("labels-new") in shown(acme, "/labels/", role=Role.CURATOR)


def test_the_list_tells_progress(acme: Tenant, queue: Queue, ann: Client) -> None:
    say(ann, queue, 1, "pass")
    page = shown(acme, "/labels/")
    assert "1 queue to label" in page
    assert "1 of 2" in page
    assert reverse("labels-next", args=[queue.pk]) not in page


def test_people_who_differ_are_told(acme: Tenant) -> None:
    with tenant(acme.pk):
        queue = draw(batch_of(), name="two", size=10, stage="logic", seed=1, wanted=2)
    for verdicts in ("pass", "fail"), ("fail", "pass"):
        client = looker(acme, role=Role.CURATOR)
        for number, verdict in enumerate(verdicts, start=1):
            say(client, queue, number, verdict)
    page = shown(acme, "/labels/")
    assert re.search(r"alpha -\d\.\d\d .*n = 2", page)
    assert ">done<" in page


@pytest.mark.parametrize("address", ["/labels/", "/calibration/"])
def test_a_list_asks_as_often_for_many(acme: Tenant, address: str) -> None:
    client, counts = looker(acme, role=Role.CURATOR), []
    for more in (1, 4):
        with tenant(acme.pk):
            for number in range(more):
                queue = draw(
                    batch_of(), name=f"q{more}{number}", size=9, stage="logic", wanted=2, seed=1
                )
        say(client, queue, 1, "pass")
        with CaptureQueriesContext(connection) as seen:
            client.get(address)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_blind_means_blind_until_one_has_answered(queue: Queue, ann: Client) -> None:
    page = next_of(ann, queue)
    assert "verdict is hidden" in page
    assert "The machine says" not in page
    assert "/scorecards/" not in page
    answered = say(ann, queue, 1, "pass").content.decode()
    assert "Case 1 is noted: passed. The machine says failed." in answered
    again = ann.get(reverse("labels-item", args=[queue.pk, 1])).content.decode()
    assert "You said <strong>passed</strong>" in again
    assert "The machine says <strong>failed</strong>" in again


def test_a_queue_that_is_not_blind_shows_the_verdict(acme: Tenant, ann: Client) -> None:
    with tenant(acme.pk):
        queue = draw(batch_of(), name="q", size=1, stage="logic", is_blind=False)
    assert "The machine says <strong>failed</strong>" in next_of(ann, queue)


def test_what_a_system_answered_is_escaped(queue: Queue, ann: Client) -> None:
    page = next_of(ann, queue)
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page


def test_the_rubric_and_the_keys_are_shown(queue: Queue, ann: Client) -> None:
    page = next_of(ann, queue)
    assert "Is the answer correct?" in page
    assert re.findall(r'data-key="(.)"', page) == ["p", "f", "s"]


def test_two_people_see_different_cases(queue: Queue, ann: Client, acme: Tenant) -> None:
    bob = looker(acme, role=Role.CURATOR)
    pages = next_of(ann, queue), next_of(bob, queue)
    assert [re.findall(r"<h1>Case (\d)", page) for page in pages] == [["1"], ["2"]]
    assert "open with somebody else" in next_of(looker(acme, role=Role.CURATOR), queue)


def test_answers_lead_to_the_end(acme: Tenant, queue: Queue, ann: Client) -> None:
    say(ann, queue, 1, "pass", note="right")
    last = say(ann, queue, 2, "fail").content.decode()
    assert "Queue first is done" in last
    with tenant(acme.pk):
        labels = Label.objects.order_by("created_at").values_list("passed", "note", "source")
        assert list(labels) == [(True, "right", "queue"), (False, "", "queue")]


def test_a_skipped_case_comes_no_more(acme: Tenant, queue: Queue, ann: Client) -> None:
    say(ann, queue, 1, "skip")
    end = say(ann, queue, 2, "skip").content.decode()
    assert "You have answered or skipped all others" in end
    assert "<h1>Case 1" in next_of(looker(acme, role=Role.CURATOR), queue)


def test_what_somebody_else_holds_is_not_overwritten(
    acme: Tenant, queue: Queue, ann: Client
) -> None:
    next_of(looker(acme, role=Role.CURATOR), queue)
    assert "has it open" in say(ann, queue, 1, "pass").content.decode()
    with tenant(acme.pk):
        assert not Label.objects.exists()


def test_a_note_that_is_too_long_is_given_back(queue: Queue, ann: Client) -> None:
    answer = say(ann, queue, 1, "pass", note="x" * 2_001)
    assert answer.status_code == 422
    assert "x" * 2_001 in answer.content.decode()


def test_who_may_only_look_labels_nothing(acme: Tenant, queue: Queue) -> None:
    viewer = looker(acme)
    assert viewer.get(reverse("labels-next", args=[queue.pk])).status_code == 403
    assert say(viewer, queue, 1, "pass").status_code == 403
    assert viewer.get(reverse("labels-new")).status_code == 403


@pytest.mark.parametrize("name", ["labels-next", "labels-export"])
def test_another_tenant_finds_nothing(globex: Tenant, queue: Queue, name: str) -> None:
    stranger = looker(globex, role=Role.CURATOR)
    assert stranger.get(reverse(name, args=[queue.pk])).status_code == 404
    assert say(stranger, queue, 1, "pass").status_code == 404
    assert "first" not in shown(globex, "/labels/")


def test_a_queue_is_drawn_from_a_batch(acme: Tenant, ann: Client) -> None:
    with tenant(acme.pk):
        batch = batch_of(3)
    assert str(batch.pk) in ann.get("/labels/new/").content.decode()
    form = ann.get("/labels/new/", {"batch": str(batch.pk)}).content.decode()
    assert 'value="logic"' in form
    given = {"name": "new", "stage": "logic", "size": 2, "wanted": 1, "is_blind": "on"}
    made = ann.post(f"/labels/new/?batch={batch.pk}", given, follow=True)
    assert "2 cases are drawn" in made.content.decode()
    with tenant(acme.pk):
        assert QueueItem.objects.count() == 2


def test_a_form_that_draws_nothing_says_why(acme: Tenant, ann: Client) -> None:
    with tenant(acme.pk):
        batch = batch_of(1)
    given = {"name": "n", "stage": "logic", "size": 2, "wanted": 1, "status": "passed"}
    answer = ann.post(f"/labels/new/?batch={batch.pk}", given)
    assert answer.status_code == 422
    assert "no scorecard of the batch fits" in answer.content.decode()


def test_labels_leave_as_a_file(queue: Queue, ann: Client) -> None:
    say(ann, queue, 1, "pass", note="=1+1")
    rows = ann.get(reverse("labels-export", args=[queue.pk])).content.decode().splitlines()
    assert rows[0].startswith("case,repetition,stage,passed,author,note")
    assert ",logic,True," in rows[1]
    assert "'=1+1" in rows[1]
