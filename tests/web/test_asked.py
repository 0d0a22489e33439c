"""What a judge asked a model is built again; what it replied is found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.urls import reverse

from evalsite.calls.models import Reply
from evalsite.calls.remember import Known, recall
from evalsite.scoring import asked as asking
from evalsite.scoring.asked import Asked, asked_of
from evalsite.scoring.models import Scorecard
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.model_rows import make_endpoint
from tests.web.carded import make_answer
from tests.web.looking import shown


def judged_by(endpoint: str, *, votes: int = 1) -> dict[str, Any]:
    """Options of the exact pack with a judge that asks a model."""
    rubric = {"name": "rubric", "options": {"endpoint": endpoint, "votes": votes}}
    return {"judges": [rubric]}


def make_judged(endpoint: str, *, votes: int = 1) -> Scorecard:
    """A case that a model judged."""
    stages = {"rubric": {"status": "failed", "score": 0.0}}
    options = judged_by(endpoint, votes=votes)
    return make_answer(
        "another one", options=options, is_judged=False, status="failed", stages=stages
    )


def asked(card: Scorecard) -> list[Asked]:
    """What its stage asked."""
    return asked_of(card, stage="rubric", answer={"answer": "another one"})


def test_the_prompt_holds_the_answer(as_acme: Tenant) -> None:
    make_endpoint(name="judges")
    (one,) = asked(make_judged("judges"))
    assert "another one" in one.messages[1]["content"]
    assert one.reply is None


def test_kept_replies_are_found_for_each_vote_and_its_repair(
    as_acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_endpoint(name="judges")
    card = make_judged("judges", votes=2)
    keep_replies(card, monkeypatch)
    assert {one.reply for one in asked(card)} == {f"no verdict {n}" for n in range(4)}


def keep_replies(card: Scorecard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a reply that is no verdict to each question, as the pipeline would have."""
    keys: list[str] = []

    def noted(wanted: Sequence[str]) -> list[Known | None]:
        keys.extend(wanted)
        return recall(wanted)

    monkeypatch.setattr(asking, "recall", noted)
    asked(card)
    monkeypatch.undo()
    for number, key in enumerate(dict.fromkeys(keys)):
        Reply.objects.create(key=key, model="m", text=f"no verdict {number}")


def test_a_mock_replies_what_it_would(as_acme: Tenant) -> None:
    (one,) = asked(make_judged("mock"))
    assert "verdict_id" in str(one.reply)


def test_nothing_is_written(as_acme: Tenant) -> None:
    make_endpoint(name="judges")
    asked(make_judged("judges"))
    assert not Reply.objects.exists()


def test_the_page_shows_prompt_and_reply(acme: Tenant) -> None:
    with tenant(acme.pk):
        card = make_judged("mock")
    page = shown(acme, reverse("card", args=[card.pk]))
    assert "Prompt and raw reply" in page


def test_a_judge_that_is_not_at_hand_is_told(acme: Tenant) -> None:
    with tenant(acme.pk):
        card = make_judged("mock")
        stage = {**card.batch.manifest["stages"][0], "judge_version": "0"}
        card.batch.manifest["stages"] = [stage]
        card.batch.save()
    page = shown(acme, reverse("card", args=[card.pk]))
    assert "The prompt cannot be built again here: manifest_changed" in page
