"""A planted secret is sent to its endpoint, and is found nowhere else."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.views.debug import SafeExceptionReporterFilter
from pydantic import SecretStr

from evalsite.batches.models import Batch
from evalsite.endpoints.configure import configure
from evalsite.endpoints.models import Endpoint
from evalsite.endpoints.seal import open_secret
from evalsite.pipeline import chords
from evalsite.targets.connections.reach import Place
from evalsite.targets.open import open_run
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import nobody
from tests.fake_model import FakeModel, Fault, fake_model
from tests.pipeline.bench import deliver_all
from tests.pipeline.test_live_run import start, suite_of
from tests.services import Services
from tests.tenant_rows import make_membership

pytestmark = pytest.mark.filterwarnings("ignore:No directory at")
CANARY = "sk-canary-7f3b9d21c4"
URL = "https://api.example.org/v1"


@pytest.fixture
def fake(as_acme: Tenant, knobs: Callable[..., None]) -> Iterator[FakeModel]:
    """A model that shows each key that it is given."""
    knobs(outbound_allow=json.dumps(["127.0.0.1:*"]))
    with fake_model() as running:
        running.say = lambda call: Fault(
            status=200 if call.prompt == "a" else 401, body=told(call.headers["Authorization"])
        )
        place = Endpoint(name="main", base_url=running.base_url, is_default=True)
        place.default_model = "m"
        configure(place, secret=SecretStr(CANARY), actor="ann")
        yield running


def told(key: str) -> str:
    message = {"content": f"your key is {key}"}
    return json.dumps({"choices": [{"message": message}], "model": key, "error": key})


@pytest.fixture
def scored(fake: FakeModel, caplog: pytest.LogCaptureFixture) -> Batch:
    """A live batch whose model repeats the key, in an answer and in an error."""
    for name in ("evalsite", "aiohttp", "asyncio", "django", ""):
        caplog.set_level(logging.DEBUG, logger=name)
    run = open_run(name="live", connection={"kind": "chat"})
    batch = deliver_all(start(run, suite_of("a", "b")))
    assert [call.headers["Authorization"] for call in fake.calls] == [f"Bearer {CANARY}"] * 2
    return batch


def all_rows() -> Iterator[str]:
    """Yield every row of every table as JSON text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace"
            " AND has_table_privilege(oid, 'SELECT')"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT to_jsonb(t)::text FROM {table} t")
            yield from (row for (row,) in cursor.fetchall())


def test_it_is_in_no_row(scored: Batch) -> None:
    rows = list(all_rows())
    assert any("your key is Bearer ***" in row for row in rows)
    assert not [row for row in rows if CANARY in row]


def test_it_is_in_no_log(
    scored: Batch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger("evalsite").error("the control")
    assert CANARY not in caplog.text + "".join(capfd.readouterr())


def messages(broker: redis.Redis) -> Iterator[str]:
    """Yield every message that waits, its headers and its body in clear."""
    for key in broker.scan_iter():
        if broker.type(key) == b"list":
            waiting: Any = broker.lrange(key, 0, -1)
            for raw in waiting:
                yield raw.decode()
                yield base64.b64decode(json.loads(raw)["body"]).decode()


def test_it_is_in_no_message(fake: FakeModel, services: Services) -> None:
    url = services.broker_url.replace("redis+socket://", "unix://")
    broker = redis.Redis.from_url(url.replace("virtual_host=", "db="))
    broker.flushdb()
    start(open_run(name="live", connection={"kind": "chat"}), suite_of("a"))
    assert chords.fill_window() == 1
    sent = list(messages(broker))
    broker.flushdb()
    assert any("pipeline.score_chunk" in text for text in sent)
    assert not [text for text in sent if CANARY in text]


def test_it_is_in_no_repr(scored: Batch) -> None:
    endpoint = Endpoint.objects.get()
    place = Place(endpoint, SecretStr(open_secret(endpoint) or ""))
    shown = [repr(endpoint), str(endpoint), repr(place), repr(vars(endpoint)), repr(place.secret)]
    assert not [text for text in shown if CANARY in text]


def post_and_fall(monkeypatch: pytest.MonkeyPatch) -> str:
    """Post the secret to a page that falls over, and answer the debug page."""

    def fall(*_: Any, **given: Any) -> None:
        secret = given["secret"]
        raise RuntimeError(f"could not save {secret}")

    monkeypatch.setattr("evalsite.endpoints.admin.configure", fall)
    user = User.objects.create(username="ann", is_staff=True)
    make_membership(user=user, role=Role.ADMIN)
    fields = {"name": "x", "kind": "chat", "base_url": URL, "parallel": 1, "timeout_s": 1}
    with nobody():
        client = Client(raise_request_exception=False)
        client.force_login(user)
        page = client.post(reverse("admin:endpoints_endpoint_add"), fields | {"secret": CANARY})
    assert page.status_code == 500
    return page.content.decode()


@pytest.mark.parametrize("debug", [True, False])
def test_it_is_on_no_error_page(
    as_acme: Tenant, monkeypatch: pytest.MonkeyPatch, settings: Any, debug: bool
) -> None:
    settings.DEBUG = debug
    page = post_and_fall(monkeypatch)
    assert ("could not save" in page) is debug
    assert CANARY not in page


def test_without_our_filter_the_debug_page_would_have_it(
    as_acme: Tenant, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.DEBUG = True
    monkeypatch.setattr(
        "django.views.debug.get_default_exception_reporter_filter", SafeExceptionReporterFilter
    )
    assert CANARY in post_and_fall(monkeypatch)
