"""Each door that takes a URL over the API, and none leads to what only this machine can reach."""

from __future__ import annotations

import json
import select
import socket
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from http.client import HTTPException
from threading import Thread
from uuid import uuid4

import pytest

from evalsite.alerts import post as posting
from evalsite.alerts.models import Alert, Subscription, Webhook
from evalsite.alerts.sign import new_secret
from evalsite.errors import EvalsiteError
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.api.conftest import asker, patch, post
from tests.endpoints.rebinding import resolving
from tests.endpoints.url_forms import FORMS
from tests.targets.asked import asked

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
ADDRESSES = ("127.0.0.1", "127.127.127.127", "::1")
GOOD = "https://api.example.org/v1"
SLACK_PATH = "/services/T/B/x"


class Loopback:
    """Listens on several addresses of this machine, counts who comes and answers all the same."""

    def __init__(self) -> None:
        self.answer = OK
        self.came = 0
        first = socket.create_server((ADDRESSES[0], 0))
        self.port = int(first.getsockname()[1])
        self._sockets = [first, *(self._beside(address) for address in ADDRESSES[1:])]
        Thread(target=self._serve, daemon=True).start()

    def _beside(self, address: str) -> socket.socket:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return socket.create_server((address, self.port), family=family)

    def _serve(self) -> None:
        with suppress(OSError, ValueError):  # closed
            while True:
                for ready in select.select(self._sockets, [], [])[0]:
                    connection, _ = ready.accept()
                    self.came += 1
                    with connection, suppress(OSError):
                        connection.recv(65_536)
                        connection.sendall(self.answer)

    def close(self) -> None:
        """Listen no more."""
        for one in self._sockets:
            one.shutdown(socket.SHUT_RDWR)
            one.close()

    def urls(self) -> list[str]:
        """The forms of its own address, and this machine's name."""
        named = [*FORMS, f"http://{socket.gethostname()}:{{port}}"]
        return [form.format(port=self.port) for form in named]


@pytest.fixture
def listener(knobs: Callable[..., None]) -> Iterator[Loopback]:
    """A listener whose port is open for another machine: only the address can be the hindrance."""
    with closing(Loopback()) as running:
        knobs(outbound_allow=json.dumps([f"10.9.9.9:{running.port}"]))
        yield running


def by_chat(url: str) -> None:
    asked({"kind": "chat", "model": "m"}, {"question": "q"}, model_url=url)


def by_http(url: str) -> None:
    asked({"kind": "http", "output": {"answer": "$.a"}}, {"question": "q"}, url=url)


def by_mcp(url: str) -> None:
    pytest.importorskip("mcp", reason="the extra mcp is not installed")
    asked({"kind": "mcp", "model": "m"}, {"question": "q"}, url=url)


def by_standard(url: str) -> None:
    notify("standard", url)


def by_slack(url: str) -> None:
    notify("slack", url)


def notify(kind: str, url: str) -> None:
    """Post to a webhook that no check has seen, as if it were saved before there were any."""
    with tenant(uuid4()):
        wish = Subscription(webhook=Webhook(name="w", kind=kind, base_url=url))
        posting.post(Alert(subscription=wish, channel=kind, text="{}"))


def endpoint(kind: str) -> tuple[str, dict[str, str]]:
    return "endpoints", {"kind": kind, "base_url": GOOD}


def webhook(kind: str) -> tuple[str, dict[str, str]]:
    return "webhooks", {"kind": kind, "url": GOOD}


USES: dict[str, Callable[[str], None]] = {
    "chat": by_chat,
    "http": by_http,
    "mcp": by_mcp,
    "standard": by_standard,
    "slack": by_slack,
}
SAVES = {
    **{kind: endpoint(kind) for kind in ("chat", "http", "mcp")},
    **{kind: webhook(kind) for kind in ("standard", "slack")},
}


@pytest.fixture(params=list(USES))
def use(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """One door after another; of webhooks without the seal of their secret, which guards too."""
    secrets = {"standard": new_secret().get_secret_value(), "slack": SLACK_PATH}
    monkeypatch.setattr(posting, "open_secret", lambda webhook: secrets[webhook.kind])

    def call(url: str) -> None:
        with suppress(EvalsiteError, OSError):
            USES[request.param](url)

    return call


def test_there_are_many_forms_and_they_lead_here(listener: Loopback) -> None:
    assert len(set(FORMS)) == len(FORMS) >= 60
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    cloud = ("169.254", "2852039166", "0xa9fe", "fd00", "a9fe", "2002", "64:ff9b", "2001", "ffff:0")
    for url in listener.urls():
        if not any(part in url for part in (*cloud, "fe80", "etc/passwd", "ftp:")):
            with suppress(OSError, ValueError, HTTPException), opener.open(url, timeout=1):
                pass
    assert listener.came >= 30


def test_no_form_is_called(listener: Loopback, use: Callable[[str], None]) -> None:
    for url in listener.urls():
        use(url)
        assert listener.came == 0, url


@pytest.mark.parametrize("door", list(SAVES))
def test_no_form_is_saved_that_is_reached_afterwards(
    listener: Loopback, acme: Tenant, door: str
) -> None:
    api = asker(acme)
    room, good = SAVES[door]
    member = next(name for name in good if "url" in name)
    own = {"secret": new_secret().get_secret_value()} if door == "standard" else {}
    made = post(api, room, {"name": "good", **good, **own})
    assert made.status_code == 201
    taken = []
    for number, url in enumerate(listener.urls()):
        new = post(api, room, {"name": f"n{number}", **good, **own, member: url})
        changed = patch(api, f"{room}/{made.json()['id']}", {member: url, **own})
        assert {new.status_code, changed.status_code} <= {200, 201, 400, 422}
        taken += [url] * (new.status_code == 201 or changed.status_code == 200)
    # Names are resolved when they are called, as what they mean may change.
    assert not [url for url in taken if "localhost" not in url and socket.gethostname() not in url]
    assert listener.came == 0


def test_what_the_operator_allows_is_called(
    listener: Loopback, use: Callable[[str], None], knobs: Callable[..., None]
) -> None:
    knobs(outbound_allow=json.dumps([f"127.0.0.1:{listener.port}"]))
    use(f"http://127.0.0.1:{listener.port}")
    assert listener.came > 0


@pytest.mark.parametrize(
    "answers", [[["127.0.0.1"]], [["10.9.9.9", "127.0.0.1"]], [["127.0.0.2"], ["127.0.0.1"]]]
)
def test_no_resolver_leads_here(
    listener: Loopback,
    use: Callable[[str], None],
    knobs: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    answers: list[list[str]],
) -> None:
    allowed = [f"{address}:{listener.port}" for address in ("127.0.0.2", "10.9.9.9")]
    knobs(outbound_allow=json.dumps(allowed))
    with resolving(monkeypatch, *answers) as names:
        for _ in range(3):
            use(f"http://rebind.example.org:{listener.port}")
    assert set(names) == {"rebind.example.org"}
    assert listener.came == 0


def test_no_redirect_leads_here(
    listener: Loopback, use: Callable[[str], None], knobs: Callable[..., None]
) -> None:
    with closing(Loopback()) as open_one:
        knobs(outbound_allow=json.dumps([f"127.0.0.1:{open_one.port}"]))
        for status in (301, 302, 303, 307, 308):
            place = f"http://127.0.0.1:{listener.port}/"
            head = f"HTTP/1.1 {status} X\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n"
            open_one.answer = head.encode()
            use(f"http://127.0.0.1:{open_one.port}")
        assert open_one.came >= 5
    assert listener.came == 0


def test_a_slack_secret_is_a_path_and_nothing_else(
    listener: Loopback, knobs: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stands behind the host in the URL that was saved, the host stays."""
    knobs(outbound_allow=json.dumps([f"127.0.0.2:{listener.port}"]))
    for path in ("@127.0.0.1", f"//127.0.0.1:{listener.port}/", "\\@127.0.0.1", ".evil"):
        monkeypatch.setattr(posting, "open_secret", lambda _, path=path: path)
        with pytest.raises((EvalsiteError, OSError)):
            by_slack(f"http://127.0.0.2:{listener.port}")
    assert listener.came == 0
