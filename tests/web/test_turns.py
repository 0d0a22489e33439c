"""Readers take turns; nobody waits for one without end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, Queue
from threading import Event

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from evalsite.web import turns

Send = Callable[[str], Future[HttpResponse]]


class Site:
    """A view that tells who came in, and answers when it is let."""

    def __init__(self) -> None:
        self.came: Queue[str] = Queue()
        self.may_answer = Event()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.came.put(request.path)
        assert self.may_answer.wait(10)
        if request.path == "/falls":
            raise ValueError(request.path)
        return HttpResponse()


@pytest.fixture
def site() -> Iterator[Site]:
    """A view; what still waits in it at the end is let go."""
    site = Site()
    yield site
    site.may_answer.set()


@pytest.fixture
def send(site: Site) -> Iterator[Send]:
    """Send a request (`GET /path`) from a thread of its own."""
    door = turns.Turns(site)
    with ThreadPoolExecutor(8) as threads:

        def one(what: str) -> Future[HttpResponse]:
            method, path = what.split()
            return threads.submit(door, RequestFactory().generic(method, path))

        yield one
        site.may_answer.set()


def comes(site: Site, *, within: float = 5) -> str | None:
    try:
        return site.came.get(timeout=within)
    except Empty:
        return None


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for a turn does so for long."""
    monkeypatch.setattr(turns, "_PATIENCE_S", 10.0)


@pytest.mark.usefixtures("patient")
def test_a_third_reader_waits_for_a_turn(site: Site, send: Send) -> None:
    for path in ("/1", "/2", "/3"):
        send(f"GET {path}")
    assert {comes(site), comes(site)} < {"/1", "/2", "/3"}
    assert comes(site, within=0.3) is None
    site.may_answer.set()
    assert comes(site) is not None


def test_who_waited_long_enough_goes_on(site: Site, send: Send) -> None:
    for path in ("/1", "/2", "/3"):
        send(f"HEAD {path}")
    assert {comes(site) for _ in range(3)} == {"/1", "/2", "/3"}


@pytest.mark.usefixtures("patient")
def test_a_writer_takes_no_turn(site: Site, send: Send) -> None:
    for what in ("GET /1", "GET /2", "POST /3", "PATCH /4", "GET /5"):
        send(what)
    came = {comes(site) for _ in range(4)}
    assert {"/3", "/4"} < came
    assert comes(site, within=0.3) is None


@pytest.mark.usefixtures("patient")
def test_a_view_that_falls_gives_its_turn_back(site: Site, send: Send) -> None:
    site.may_answer.set()
    for fallen in [send("GET /falls") for _ in range(4)]:
        with pytest.raises(ValueError, match="/falls"):
            fallen.result(10)
    assert send("GET /after").result(10).status_code == 200
