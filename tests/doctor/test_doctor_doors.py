"""What the doctor says of the site, of mail and of Flower."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from django.conf import settings

from evalsite.doctor import doors
from evalsite.doctor.finding import Finding

Knobs = Callable[..., None]
NOWHERE = "http://127.0.0.1:9"


def codes(ask: Callable[[], Iterator[Finding]]) -> set[str]:
    return {finding.code for finding in ask()}


@contextmanager
def flower(status: int, *, host: str = "127.0.0.1") -> Iterator[str]:
    """Something that answers every request with this status."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = HTTPServer((host, 0), Answer)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_site_on_this_machine_is_well(knobs: Knobs) -> None:
    knobs()
    assert codes(doors.site) == {"ok"}


def test_what_a_public_site_must_not_have(knobs: Knobs) -> None:
    knobs(site_url="http://eval.example.org", debug="1", allowed_hosts='["*"]')
    assert codes(doors.site) == {"debug_on", "any_host", "no_tls", "metrics_closed"}


def test_a_public_site_that_is_well(knobs: Knobs) -> None:
    knobs(site_url="https://eval.example.org", metrics_token="a-token-of-some-length")
    assert codes(doors.site) == {"ok"}


def test_mail_to_files_is_for_one_person(knobs: Knobs) -> None:
    knobs()
    assert codes(doors.mail) == {"ok"}
    knobs(site_url="https://eval.example.org")
    assert codes(doors.mail) == {"mail_to_files"}


def test_a_mail_server_that_is_away(knobs: Knobs, monkeypatch: pytest.MonkeyPatch) -> None:
    knobs(email_url="smtp://somebody:mail-word@127.0.0.1:9")
    smtp = "django.core.mail.backends.smtp.EmailBackend"
    for name, value in {"BACKEND": smtp, "HOST": "127.0.0.1", "PORT": 9}.items():
        monkeypatch.setattr(settings, f"EMAIL_{name}", value, raising=False)
    (found,) = doors.mail()
    assert found.code == "mail_unreachable"
    assert "127.0.0.1:9" in found.told
    assert "mail-word" not in found.told


@pytest.mark.parametrize(("status", "code"), [(200, "flower_open"), (401, "ok"), (302, "ok")])
def test_flower_must_ask_who_one_is(status: int, code: str, knobs: Knobs) -> None:
    with flower(status) as place:
        knobs(flower_url=place)
        assert codes(doors.flower) == {code}


def test_flower_must_not_listen_on_every_address(knobs: Knobs) -> None:
    if not any(doors._open_addresses()):
        pytest.skip("this machine has no address but its own")
    with flower(401, host="0.0.0.0") as place:
        knobs(flower_url=place)
        assert codes(doors.flower) == {"flower_exposed"}


def test_a_flower_that_is_away(knobs: Knobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "_FLOWER", NOWHERE)
    knobs()
    assert codes(doors.flower) == {"ok"}
    knobs(flower_url=NOWHERE)
    assert codes(doors.flower) == {"flower_away"}
