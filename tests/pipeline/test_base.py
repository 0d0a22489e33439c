"""Every task works for the tenant that its message names."""

from __future__ import annotations

from uuid import uuid4

import pytest
from celery import Celery

from evalsite.celery import app
from evalsite.pipeline import tasks
from evalsite.pipeline.base import TenantTask
from evalsite.tenants import scope
from evalsite.tenants.models import Tenant

OURS = [tasks.score_chunk, tasks.finish_step, tasks.dispatch, tasks.deliver_alerts]


@pytest.fixture
def asked() -> TenantTask:
    """A task that answers the tenant in scope."""
    probe = Celery("probe", set_as_current=False)

    @probe.task(base=TenantTask)
    def ask(word: str) -> tuple[str, object]:
        return word, scope.current()

    return ask


def test_the_scope_is_open_inside(asked: TenantTask, db: None) -> None:
    wanted = uuid4()
    assert asked(tenant_id=str(wanted), word="x") == ("x", wanted)
    assert scope.current() is None


def test_without_a_tenant_nothing_runs(asked: TenantTask, db: None) -> None:
    message = {"word": "x"}
    with pytest.raises(TypeError, match="tenant_id"):
        asked(**message)


def test_garbage_for_a_tenant_is_refused(asked: TenantTask, db: None) -> None:
    with pytest.raises(ValueError, match="badly formed"):
        asked(tenant_id="garbage", word="x")


@pytest.mark.parametrize("task", OURS, ids=lambda task: task.name)
def test_every_task_is_named_after_its_verb_and_knows_its_tenant(task: TenantTask) -> None:
    assert task.name.startswith("pipeline.")
    assert isinstance(task, TenantTask)


def test_a_foreign_chunk_is_not_there(acme: Tenant, globex: Tenant) -> None:
    from tests.factories import make_chunk

    with scope.tenant(acme.pk):
        chunk = make_chunk()
    tasks.score_chunk(tenant_id=str(globex.pk), chunk_id=str(chunk.pk), epoch=1)
    with scope.tenant(acme.pk):
        chunk.refresh_from_db()
        assert (chunk.state, chunk.attempt) == ("pending", 0)


def test_only_json_is_taken() -> None:
    assert app.conf.accept_content == ["json"]


def test_a_message_stays_hidden_longer_than_any_task_runs() -> None:
    hidden = app.conf.broker_transport_options["visibility_timeout"]
    assert hidden > 2 * app.conf.task_time_limit
