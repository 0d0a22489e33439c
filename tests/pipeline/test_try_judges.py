"""A batch's judges are tried once before they judge, and what is found stands on the batch."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from evalsite import env
from evalsite.audit.models import Entry
from evalsite.batches.marks import marks_of
from evalsite.batches.models import Batch, Chunk
from evalsite.endpoints.models import Endpoint
from evalsite.pipeline import launch, report, try_judges
from evalsite.scoring.models import Scorecard
from evalsite.tenants.models import Tenant
from evalsite.trust.models import JudgeTrust
from judges.mock import MockModel
from judges.models import ChatReply, ChatRequest, Halt, ModelError, calling
from tests.pipeline.bench import deliver_all, deliver_chunks, launched

RUBRIC = {"judges": [{"name": "rubric"}]}


class Counted(MockModel):
    """The mock, which counts what it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def chat(self, request: ChatRequest) -> ChatReply:
        """Count, then answer."""
        self.asked += 1
        return await super().chat(request)


class Gullible(Counted):
    """Finds everything right."""

    def _verdict(self, request: ChatRequest, *, data: dict[str, str]) -> str:
        return super()._verdict(request, data={**data, "answer": data.get("expected", "")})


class Down(Counted):
    """Cannot be asked."""

    async def chat(self, request: ChatRequest) -> ChatReply:
        """Refuse."""
        raise ModelError("nobody is there", code="model_unreachable")


class Broke(Counted):
    """May not be asked now."""

    async def chat(self, request: ChatRequest) -> ChatReply:
        """Stop."""
        raise Halt("cap_reached", "no money is left")


def answered(**options: Any) -> Batch:
    """A batch of two right answers for the judge `rubric`."""
    return launched([{"answer": "4"}] * 2, pack="exact", **{"options": RUBRIC, **options})


def judged(model: MockModel, **options: Any) -> Batch:
    with calling(model):
        return deliver_all(answered(**options))


def codes(batch: Batch) -> list[str]:
    return [mark.code for mark in marks_of(batch)]


@pytest.fixture(autouse=True)
def _scope(as_acme: Tenant) -> None:
    """All in Acme's scope."""


def test_a_batch_that_asks_nobody_needs_no_preflight() -> None:
    batch = answered(options={})
    assert (batch.preflight, codes(batch)) == ("not_needed", [])


def test_a_judge_that_only_embeds_cannot_be_talked_over() -> None:
    options = {"judges": [{"name": "embedding", "options": {"model": "m"}}]}
    assert answered(options=options).preflight == "not_needed"


def test_a_sound_judge_is_trusted_and_says_nothing() -> None:
    batch = judged(Counted())
    assert (batch.preflight, codes(batch)) == ("trusted", [])
    assert Scorecard.objects.filter(batch=batch, status="passed").count() == 2


def test_a_gullible_judge_marks_its_batch() -> None:
    batch = judged(Gullible())
    assert (batch.preflight, codes(batch)) == ("untrusted", ["judge_untrusted"])
    assert Scorecard.objects.filter(batch=batch).count() == 2
    trust = JudgeTrust.objects.get()
    assert (trust.is_trusted, trust.n_probes) == (False, 40)
    assert trust.n_false_passes > 20


def test_the_mark_is_in_every_report() -> None:
    batch = judged(Gullible())
    assert report.as_json(batch)["marks"][0]["code"] == "judge_untrusted"
    assert "judge_untrusted: A judge cannot be trusted: judge rubric let" in report.as_text(batch)


def test_what_was_found_is_audited() -> None:
    batch = judged(Gullible())
    entry = Entry.objects.get(action="batch.judges_untrusted")
    assert (entry.subject, entry.actor) == (str(batch.pk), "worker")


def test_a_judge_is_tried_once_for_all_chunks_and_batches() -> None:
    judged(model := Counted())
    before = model.asked
    assert judged(model).preflight == "trusted"
    assert model.asked - before == 2


def test_another_configuration_is_another_judge() -> None:
    judged(Counted())
    options = {"judges": [{"name": "rubric", "options": {"votes": 3}}]}
    judged(Counted(), options=options)
    assert JudgeTrust.objects.count() == 2


def test_an_endpoint_that_points_elsewhere_is_another_judge() -> None:
    place = Endpoint.objects.create(name="a", base_url="https://a.example/v1", is_default=True)
    judged(Counted())
    Endpoint.objects.filter(pk=place.pk).update(base_url="https://b.example/v1")
    judged(Counted())
    assert JudgeTrust.objects.count() == 2


def test_trust_wears_off() -> None:
    judged(model := Counted())
    JudgeTrust.objects.update(checked_at=timezone.now() - timedelta(days=7, minutes=1))
    before = model.asked
    judged(model)
    assert model.asked - before > 20
    assert JudgeTrust.objects.get().checked_at > timezone.now() - timedelta(hours=1)


def test_a_judge_that_cannot_be_asked_is_not_checked() -> None:
    batch = judged(Down())
    assert (batch.preflight, codes(batch)) == ("not_checked", ["judge_not_checked"])
    assert batch.preflight_notes == ["judge rubric could not be tried: model_unreachable"]
    assert not JudgeTrust.objects.exists()


def test_a_judge_of_its_pack_is_not_checked() -> None:
    batch = deliver_all(launched([{"does": "passed"}], pack="asking"))
    assert batch.preflight_notes == ["judge told could not be tried: judge_untried"]


def test_without_money_the_batch_waits_and_its_judges_too() -> None:
    batch = answered()
    with calling(Broke()):
        deliver_chunks(batch)
    batch.refresh_from_db()
    assert (batch.state, batch.paused_code, batch.preflight) == ("paused", "cap_reached", "due")
    launch.resume(batch.pk)
    with calling(Counted()):
        assert deliver_all(batch).preflight == "trusted"


def test_no_preflight_is_said_and_audited() -> None:
    model = Counted()
    batch = judged(model, try_judges=False)
    assert (model.asked, codes(batch)) == (2, ["judge_not_checked"])
    assert Entry.objects.get(action="batch.preflight_skipped").actor == "alice"


def test_while_another_tries_a_chunk_waits_and_is_handed_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(try_judges, "LONGEST_WAIT", 0.5)
    batch = answered()
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 3))", [str(batch.pk)])
        with calling(Counted()):
            deliver_chunks(batch)
        assert not Scorecard.objects.filter(batch=batch).exists()
        assert set(Chunk.objects.values_list("state", "attempt")) == {("pending", 0)}
    other.close()
    with calling(Counted()):
        assert deliver_all(batch).preflight == "trusted"


def test_a_mock_is_called_one() -> None:
    batch = answered(options={"judges": ["mock"]})
    assert codes(batch) == ["judge_mock"]
    by_endpoint = {"judges": [{"name": "rubric", "options": {"endpoint": "mock"}}]}
    assert codes(answered(options=by_endpoint)) == ["judge_mock"]


def test_days_are_a_setting() -> None:
    assert env.load().preflight_days == 7
