"""Sixteen planted secrets do what they are for, and are seen nowhere else."""

from __future__ import annotations

import base64
import json
import re
import secrets as random
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from tests.alerts.test_webhooks import is_signed
from tests.journeys import premises as premises_of
from tests.journeys.kept_secrets import EXPORTS, look_everywhere, walk_api, walk_flower, walk_pages
from tests.journeys.planted import Planted, make
from tests.journeys.premises import Premises, told
from tests.journeys.workshop import Workshop, fill, until
from tests.services import Services

ANN = "ann@example.org"
# A pack that tells all it knows when it breaks.
LEAKY = """
import os
from pydantic import model_validator
from packs.exact import PACK as EXACT

class Input(EXACT.Input):
    @model_validator(mode="before")
    @classmethod
    def look_it_up(cls, value):
        known = dict(os.environ)
        if "break" in str(value):
            raise RuntimeError(f"cannot connect with {known}")
        return value

class Leaky(type(EXACT)):
    name = "leaky"
    Input = Input

PACK = Leaky()
"""


SIGNS = {
    "answers": "urn:evalsite:problem:key_refused",
    "500 pages": "urn:evalsite:problem:fault",
    "rows of the app role": "I was shown Bearer ***",
    "rows of the superuser": "audit_entry: ",
    "sessions": "_auth_user_hash",
    "statements": "SELECT",
    "broker": "pipeline.score_chunk",
    "flower": "pipeline.score_chunk",
    "task arguments": "pipeline.score_chunk",
    "processes": "gunicorn",
    "logs": '"exception":{"kind":"RuntimeError"',
    "mail": "/mute/",
    "webhook": "webhook.test",
    "exports": "endpoint.added",
}


class Story:
    """One deployment, from its settings to its last mail."""

    def __init__(self, shop: Workshop) -> None:
        self.shop = shop
        self.planted: dict[str, Planted] = {}
        self.mail_port = premises_of.free_port()

    def plant(self, name: str, value: str, *allowed: str) -> str:
        """Plant a secret; it may be where it is `allowed`."""
        self.planted[name] = Planted(name, value, allowed)
        return value

    def set_up(self) -> None:
        """Choose the settings' secrets, and install the pack."""
        words = {
            "SECRET_KEY": self.plant("SECRET_KEY", make("sign", length=48)),
            "METRICS_TOKEN": self.plant("METRICS_TOKEN", make("metrics")),
            "FLOWER_PASSWORD": self.plant("FLOWER_PASSWORD", make("flower")),
            "SECRETS_KEYS": json.dumps([self.plant("SECRETS_KEYS", make("seal", length=40))]),
            "API_KEY_PEPPERS": json.dumps([self.plant("API_KEY_PEPPERS", make("pep", length=40))]),
        }
        word = self.plant("EMAIL_URL", make("mail", suffix="/+&"))
        words["EMAIL_URL"] = f"smtp://mailer:{quote(word, safe='')}@127.0.0.1:{self.mail_port}"
        words["SERVICE_KEY"] = self.plant("endpoint, by command", make("service", suffix="/+=="))
        database = conninfo_to_dict(self.shop.environment["DATABASE_URL"])["password"]
        self.plant("DATABASE_URL", str(database))
        access_log = str(self.shop.tmp / "access.log")
        self.shop.environment |= words | {
            "OUTBOUND_ALLOW": '["127.0.0.1:*"]',
            "LOG_LEVEL": "DEBUG",
            "GUNICORN_CMD_ARGS": f"--access-logfile {access_log}",
            "PYTHONPATH": str(_install(self.shop.tmp)),
        }

    def issue_key(self) -> str:
        """Issue an API key by the command, which prints it this once."""
        scopes = ("--scope", "*:read", "--scope", "*:write")
        done = self.shop.manage("issuekey", "ci", "--tenant", "acme", "--role", "owner", *scopes)
        token = done.stdout.strip()
        # What stands before it is the key's public id.
        self.plant("API key", token[16:])
        return token


def _install(folder: Path) -> Path:
    about = folder / "site" / "leaky-1.0.dist-info"
    about.mkdir(parents=True)
    (folder / "site" / "leaky.py").write_text(LEAKY)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: leaky\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[evalsite.packs]\nleaky = leaky:PACK\n")
    return folder / "site"


@pytest.fixture
def story(workshop: Workshop) -> Story:
    """A tenant with a suite, a good run and a worse one; settings full of secrets."""
    fill(workshop, n=60, wrong={"good": 0, "worse": 30})
    made = Story(workshop)
    made.set_up()
    return made


def post(api: httpx2.Client, address: str, **body: Any) -> Any:
    """Send what is good; answers what was told."""
    key = {"Idempotency-Key": random.token_hex(8)}
    answer = api.post(f"/api/v1/{address}", json=body, headers=key)
    assert answer.status_code < 300, answer.text
    return answer.json()


def tell_places(story: Story, api: httpx2.Client, there: Premises) -> None:
    """Add endpoints and webhooks, by the API and by a command, and subscribe to all."""
    judge_key = story.plant("endpoint, by API", make("judge", suffix='"/'))
    where = {"base_url": there.model.base_url, "is_default": True, "default_model": "m"}
    post(api, "endpoints", name="judges", secret=judge_key, **where)
    given = ("--url", there.model.base_url, "--kind", "http", "--secret-from", "env:SERVICE_KEY")
    said = story.shop.manage("setendpoint", "service", "--tenant", "acme", *given)
    there.evidence.add("commands", [said.stdout, said.stderr])
    raw = random.token_bytes(32)
    signing = story.plant("webhook's secret", "whsec_" + base64.b64encode(raw).decode())
    story.planted["webhook's secret"] = Planted("webhook's secret", signing[6:])
    path = story.plant("Slack's path", make("slack"))
    base = f"http://127.0.0.1:{there.hook.port}"
    hooks = [
        post(api, "webhooks", name="ci", url=f"{base}/in", secret=signing),
        post(api, "webhooks", name="chat", kind="slack", url=f"{base}/services/{path}"),
    ]
    for hook in hooks:
        wish = post(api, "subscriptions", webhook=hook["id"])
        post(api, f"subscriptions/{wish['id']}/test")
    post(api, "subscriptions", email=ANN)


def evaluate(api: httpx2.Client) -> None:
    """Score a good run, a worse one, and a live one that a model judges."""
    talk = post(api, "suites", name="talk", pack="exact")
    for key in ("say", "refuse"):
        case = {"input": {"question": key}, "expected": {"answer": "no"}}
        post(api, f"suites/{talk['id']}/cases", key=key, **case)
    asking = {"path": "/ask", "body": {"q": "{{input.question}}"}}
    live = {"kind": "http", "endpoint": "service", "output": {"answer": "$.answer"}, **asking}
    post(api, "runs", name="live", target="talker", connection=live)
    by_model = {"options": {"judges": [{"name": "rubric"}]}, "try_judges": False}
    orders = [("sums", "good", {}), ("sums", "worse", {}), ("talk", "live", by_model)]
    for suite, run, options in orders:
        batch = post(api, "batches", suite=suite, run=run, **options)
        until(partial(_is_finished, api, batch["id"]), what=f"the batch of {run}")


def _is_finished(api: httpx2.Client, batch: str) -> bool:
    return bool(api.get(f"/api/v1/batches/{batch}").json()["state"] == "finished")


def join(story: Story, there: Premises, api: httpx2.Client) -> httpx2.Client:
    """Invite a person, who joins, mistypes the password, signs in, and mutes a mail."""
    post(api, "invitations", email=ANN, role="admin")
    link = until(lambda: _link(there, "invitations"), what="the invitation")
    story.plant("invitation", link, "mail")
    right = story.plant("password", make("right", suffix='"&<+'))
    wrong = story.plant("mistyped password", make("wrong", suffix='"&<+'))
    person = there.browser()
    address = f"/invitations/{link}/"
    told(person, address, new_password1=right, new_password2=right + "x")
    assert told(person, address, new_password1=right, new_password2=right).status_code == 302
    again = there.browser()
    assert told(again, "/signin/", username=ANN, password=wrong).status_code == 200
    assert told(again, "/signin/", username=ANN, password=right).status_code == 302
    mute = story.plant("link to mute", until(lambda: _link(there, "mute"), what="a mail"), "mail")
    assert again.post(f"/mute/{mute}/").status_code == 200
    return again


def _link(there: Premises, kind: str) -> str:
    texts = [str(mail.get_body(("plain",))) for mail in there.inbox.mails]
    found = [re.search(rf"/{kind}/([\w:.=-]+)/", text.replace("=\n", "")) for text in texts]
    return next((link[1] for link in found if link), "")


def go_wrong(story: Story, there: Premises, api: httpx2.Client, token: str) -> None:
    """Send secrets where they do not belong."""
    known = {name: one.value for name, one in story.planted.items()}
    good = {"name": "other", "base_url": "https://api.example.org/v1"}
    key = known["endpoint, by API"]
    for change in (
        {"kind": key}, {"parallel": key}, {"base_url": f"https://u:{key}@example.org"},
        {"base_url": f"https://example.org?key={quote(key)}"}, {"base_url": key},
        {"is_default": key}, {"sealed_secret": key}, {"secret": [key]}, {"secret": key + "\n"},
    ):  # fmt: skip
        assert api.post("/api/v1/endpoints", json={**good, **change}).status_code in (400, 422)
    slack = known["Slack's path"]
    for change in ({"kind": slack}, {"secret": slack}, {"url": f"https://u@example.org/{slack}"}):
        new = {"name": "odd", "url": "https://example.org", **change}
        assert api.post("/api/v1/webhooks", json=new).status_code in (400, 422)
    broken = f'{{"secret": "{token}"'.encode()
    as_json = {"Content-Type": "application/json"}
    assert api.post("/api/v1/endpoints", content=broken, headers=as_json).status_code == 400
    stranger = there.browser()
    for address in ("suites", "audit/export", "nowhere", "audit"):
        stranger.get(f"/api/v1/{address}", params={"api_key": token})
        assert api.get(f"/api/v1/{address}", params={"api_key": token}).status_code in (400, 404)
    for shown in (f"Bearer {token}x", f"Bearer {key}", f"Basic {token}", token):
        answer = stranger.get("/api/v1/suites", headers={"Authorization": shown})
        assert answer.status_code == 401
    for address in (f"/{token}/", f"/?token={token}", f"/signin/?token={token}", "/metrics?token="):
        stranger.get(address + known["METRICS_TOKEN"])


def fall(api: httpx2.Client) -> None:
    """Have a pack break in a request, with every setting's secret in its last words."""
    suite = post(api, "suites", name="leaky", pack="leaky")
    case = {"key": "a", "input": {"question": "break"}, "expected": {"answer": 1}}
    assert api.post(f"/api/v1/suites/{suite['id']}/cases", json=case).status_code == 500


def carry_away(story: Story, there: Premises) -> None:
    """Export everything by commands, in one process."""
    done = story.shop.start("-c", EXPORTS)
    done.wait(timeout=60)
    said = (story.shop.tmp / "process-1.log").read_text()
    assert done.returncode == 0, said[-2000:]
    there.evidence.add("exports", [said])


@pytest.fixture
def lived(story: Story, services: Services) -> Premises:
    """The premises at the end of the story, with all that was seen."""
    token = story.issue_key()
    with premises_of.opened(story.shop, mail_port=story.mail_port) as there:
        api = there.browser(Authorization=f"Bearer {token}")
        tell_places(story, api, there)
        evaluate(api)
        person = join(story, there, api)
        go_wrong(story, there, api, token)
        fall(api)
        until(lambda: len(there.hook.calls) >= 4, what="webhooks about the regression")
        walk_api(api)
        walk_pages(person, "/admin/", most=120)
        walk_flower(there, story.planted["FLOWER_PASSWORD"].value)
        metrics = story.planted["METRICS_TOKEN"].value
        assert there.browser(Authorization=f"Bearer {metrics}").get("/metrics").status_code == 200
        carry_away(story, there)
        look_everywhere(there, services)
    return there


def test_planted_secrets_are_seen_where_they_belong_and_nowhere_else(
    story: Story, lived: Premises
) -> None:
    hits = lived.evidence.hits(story.planted)
    assert not hits, "\n".join(f"{place}: {name}: ...{before}" for place, name, before in hits)
    assert len(story.planted) >= 12
    _assert_all_was_looked_at(lived)
    _assert_all_arrived(story, lived)


def _assert_all_was_looked_at(lived: Premises) -> None:
    """In each place something is found that must be there, so that a secret would be too."""
    for place, known in SIGNS.items():
        assert known in lived.evidence.text(place), place
    if lived.spans is not None:
        assert "pipeline.score_chunk" in lived.evidence.text("traces")


def _assert_all_arrived(story: Story, lived: Premises) -> None:
    """Each secret did what it is for; of those of the settings see `lived`, which needs them."""
    known = {name: one.value for name, one in story.planted.items()}
    shown = {call.headers["Authorization"] for call in lived.model.calls}
    keys = (known["endpoint, by API"], known["endpoint, by command"])
    assert shown == {f"Bearer {key}" for key in keys}
    assert set(lived.logins) == {known["EMAIL_URL"]}
    posted = {call.path.rpartition("/")[2] for call in lived.hook.calls}
    assert posted == {"in", known["Slack's path"]}
    for call in lived.hook.calls:
        if call.path == "/in":
            assert is_signed(call, SecretStr("whsec_" + known["webhook's secret"]))
    mails = lived.evidence.text("mail")
    assert known["invitation"] in mails
    assert known["link to mute"] in mails
