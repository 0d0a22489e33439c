"""A batch's judges are tried once before they judge, and what is found stands on the batch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from evalsite.audit.models import Entry
from evalsite.batches.marks import marks_of
from evalsite.batches.models import Batch, Chunk
from evalsite.endpoints.models import Endpoint
from evalsite.pipeline import launch, report, try_judges
from evalsite.pipeline.management.commands.runbatch import Command
from evalsite.scoring.models import Scorecard
from evalsite.tenants.models import Tenant
from evalsite.trust.models import JudgeTrust
from tests.fake_model import FakeModel, Fault, fake_model
from tests.model_rows import make_endpoint, make_price
from tests.pipeline.bench import deliver_all, deliver_chunks, launched
from tests.pipeline.judge_models import answered, gullible, probes_asked, sound
from tests.services import Services


def codes(batch: Batch) -> list[str]:
    return [mark.code for mark in marks_of(batch)]


@pytest.fixture
def fake(knobs: Callable[..., None], services: Services, settings: Any) -> Iterator[FakeModel]:
    """A sound judge model, at the tenant's default endpoint."""
    settings.VALKEY_URL = services.broker_url
    knobs(outbound_allow=json.dumps(["127.0.0.1:*"]))
    with fake_model(sound) as running:
        Endpoint.objects.create(name="judges", base_url=running.base_url, is_default=True)
        yield running


@pytest.fixture(autouse=True)
def _scope(as_acme: Tenant) -> None:
    """All in Acme's scope."""


def test_a_batch_that_asks_nobody_needs_no_preflight() -> None:
    batch = answered(options={})
    assert (batch.preflight, codes(batch)) == ("not_needed", [])


def test_a_judge_that_only_embeds_cannot_be_talked_over() -> None:
    make_endpoint(is_default=True)
    options = {"judges": [{"name": "embedding", "options": {"model": "m"}}]}
    assert answered(options=options).preflight == "not_needed"


def test_a_sound_judge_is_trusted_and_says_nothing(fake: FakeModel) -> None:
    batch = deliver_all(answered())
    assert (batch.preflight, codes(batch)) == ("trusted", [])
    assert Scorecard.objects.filter(batch=batch, status="passed").count() == 2


def test_a_gullible_judge_marks_its_batch(fake: FakeModel) -> None:
    fake.say = gullible
    batch = deliver_all(answered())
    assert (batch.preflight, codes(batch)) == ("untrusted", ["judge_untrusted"])
    assert Scorecard.objects.filter(batch=batch).count() == 2
    trust = JudgeTrust.objects.get()
    assert (trust.is_trusted, trust.n_probes, trust.n_false_fails) == (False, 40, 0)
    assert trust.n_false_passes > 20


def test_the_mark_is_in_every_report_and_in_the_audit_trail(fake: FakeModel) -> None:
    fake.say = gullible
    batch = deliver_all(answered())
    assert json.loads("".join(report.json_of(batch)))["marks"][0]["code"] == "judge_untrusted"
    assert "judge_untrusted: A judge cannot be trusted: judge rubric let" in report.as_text(batch)
    entry = Entry.objects.get(action="batch.judges_untrusted")
    assert (entry.subject, entry.actor) == (str(batch.pk), "worker")


def test_the_commands_do_not_pass_over_it(fake: FakeModel) -> None:
    fake.say = gullible
    batch = deliver_all(answered())
    command = Command(stdout=StringIO(), stderr=StringIO())
    with pytest.raises(SystemExit) as ended:
        command._report(batch, {"json": False, "tenant": None})
    assert ended.value.code == 4
    call_command("listbatches", stdout=(listed := StringIO()))
    assert "judge_untrusted" in listed.getvalue()


def test_a_judge_is_tried_once_for_all_batches(fake: FakeModel) -> None:
    deliver_all(answered())
    before = probes_asked(fake)
    assert 20 < before <= 40
    assert deliver_all(answered()).preflight == "trusted"
    assert probes_asked(fake) == before


def test_its_calls_are_the_batchs(fake: FakeModel) -> None:
    make_price(model="m", usd_in=1_000, usd_out=0)
    batch = deliver_all(answered())
    assert batch.n_calls == len(fake.calls)
    assert batch.spent_usd == sum(len(call.prompt.split()) for call in fake.calls) / Decimal(1000)


def test_another_configuration_is_another_judge(fake: FakeModel) -> None:
    deliver_all(answered())
    options = {"judges": [{"name": "rubric", "options": {"model": "m", "votes": 3}}]}
    deliver_all(answered(options=options))
    assert JudgeTrust.objects.count() == 2


def test_an_endpoint_that_changes_is_another_judge(fake: FakeModel) -> None:
    deliver_all(answered())
    Endpoint.objects.update(default_model="other")
    deliver_all(answered())
    assert JudgeTrust.objects.count() == 2


def test_trust_wears_off(fake: FakeModel) -> None:
    deliver_all(answered())
    JudgeTrust.objects.update(checked_at=timezone.now() - timedelta(days=7, minutes=1))
    before = probes_asked(fake)
    deliver_all(answered())
    assert probes_asked(fake) == 2 * before
    assert JudgeTrust.objects.get().checked_at > timezone.now() - timedelta(hours=1)


def test_a_judge_that_cannot_be_asked_is_not_checked(fake: FakeModel) -> None:
    fake.say = Fault(status=403)
    batch = answered()
    deliver_chunks(batch)
    batch.refresh_from_db()
    assert batch.preflight == "not_checked"
    assert "judge_not_checked" in codes(batch)
    assert batch.preflight_notes == ["judge rubric could not be tried: model_refused"]
    assert not JudgeTrust.objects.exists()


def test_it_is_tried_again_when_the_batch_goes_on(fake: FakeModel) -> None:
    batch = answered()
    Batch.objects.update(preflight="not_checked", preflight_notes=["it could not be tried"])
    launch.cancel(batch.pk)
    launch.resume(batch.pk)
    assert deliver_all(batch).preflight == "trusted"


def test_what_was_asked_for_no_preflight_has_none_later_either(fake: FakeModel) -> None:
    batch = answered(try_judges=False)
    launch.cancel(batch.pk)
    assert launch.resume(batch.pk).preflight == "not_checked"


def test_a_judge_of_its_pack_is_not_checked(fake: FakeModel) -> None:
    batch = deliver_all(launched([{"does": "passed"}], pack="asking"))
    assert batch.preflight_notes == ["judge told could not be tried: judge_untried"]


def test_without_money_the_batch_waits_and_its_judges_too(fake: FakeModel) -> None:
    make_price(model="m", usd_in=1)
    batch = answered(max_cost_usd=Decimal("0.000001"))
    deliver_chunks(batch)
    batch.refresh_from_db()
    assert (batch.state, batch.paused_code, batch.preflight) == ("paused", "money_cap", "due")
    launch.resume(batch.pk, max_cost_usd=Decimal(9))
    assert deliver_all(batch).preflight == "trusted"


def test_no_preflight_is_said_and_audited(fake: FakeModel) -> None:
    batch = deliver_all(answered(try_judges=False))
    assert (probes_asked(fake), codes(batch)) == (0, ["judge_not_checked"])
    started = Entry.objects.get(action="batch.started")
    assert (started.actor, started.details["preflight"]) == ("alice", "not_checked")


def test_while_another_tries_a_chunk_waits_and_is_handed_back(
    fake: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(try_judges, "LONGEST_WAIT", 0.5)
    batch = answered()
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 3))", [str(batch.pk)])
        deliver_chunks(batch)
    assert not Scorecard.objects.filter(batch=batch).exists()
    assert set(Chunk.objects.values_list("state", "attempt")) == {("pending", 0)}
    other.close()
    assert deliver_all(batch).preflight == "trusted"


def test_a_mock_is_called_one() -> None:
    batch = answered(options={"judges": ["mock"]})
    assert codes(batch) == ["judge_mock"]
    by_endpoint = {"judges": [{"name": "rubric", "options": {"endpoint": "mock"}}]}
    batch = answered(options=by_endpoint)
    assert (batch.preflight, codes(batch)) == ("not_needed", ["judge_mock"])


def test_a_long_trial_leaves_the_chunk_to_another_task(
    fake: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(try_judges, "LONGEST_WAIT", 0.0)
    batch = answered()
    deliver_chunks(batch)
    batch.refresh_from_db()
    assert batch.preflight == "trusted"
    assert Chunk.objects.get().state == "pending"
    assert deliver_all(batch).state == "finished"
