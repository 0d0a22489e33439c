"""What leads in and out: the site's own settings, mail, Flower, and who may scrape."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import SplitResult, urlsplit

import psutil
from django.conf import settings
from django.core.mail import get_connection

from evalsite.doctor.finding import Finding, fail, ok, unknown, warn
from evalsite.doctor.place import is_loopback, is_public
from evalsite.env import load

_PATIENCE_S: Final = 3.0
_FLOWER: Final = "http://127.0.0.1:5555"
# Shows tasks, so that Flower must ask who one is.
_GUARDED: Final = "/api/workers"
_REFUSED: Final = (301, 302, 303, 307, 401, 403)


def site() -> Iterator[Finding]:
    """Do the settings of the site fit those whom it is meant for?"""
    env, found = load(), []
    if env.debug and is_public():
        told = "DEBUG shows settings and source to whoever makes an error"
        found.append(fail("debug_on", told, fix="take DEBUG out of .env, and restart web"))
    if "*" in env.allowed_hosts:
        fix = f"""ALLOWED_HOSTS='["{urlsplit(env.site_url).hostname}"]'"""
        found.append(warn("any_host", "ALLOWED_HOSTS lets any name in", fix=fix))
    if is_public() and not env.site_url.startswith("https://"):
        told = f"{env.site_url}: passwords and cookies go over the wire in clear"
        found.append(
            warn("no_tls", told, fix="put a proxy with TLS before it: SITE_URL=https://...")
        )
    if is_public() and env.metrics_token is None:
        told = "METRICS_TOKEN is not set: nobody may scrape /metrics, so nothing wakes you"
        found.append(warn("metrics_closed", told, fix="METRICS_TOKEN=...   # docs/monitoring.md"))
    yield from found or [ok(env.site_url)]


def mail() -> Iterator[Finding]:
    """Does mail go to people, and does the mail server let us in?"""
    if load().email_url is None:
        told = f"mail is written to files in {settings.LAYOUT.mail}"
        fix = "EMAIL_URL=smtp+tls://user:password@host:587"
        yield warn("mail_to_files", told, fix=fix) if is_public() else ok(told)
        return
    where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    server = get_connection(timeout=_PATIENCE_S)
    try:
        server.open()
        server.close()
        yield ok(f"{where} lets us in")
    except (OSError, smtplib.SMTPException) as error:
        told = f"{where}: {type(error).__name__}: {error}"
        fix = "mend EMAIL_URL, then try it: python manage.py testalert"
        yield fail("mail_unreachable", told, fix=fix)


def flower() -> Iterator[Finding]:
    """Does Flower ask who one is, and does it listen on this machine only?"""
    place = urlsplit(load().flower_url or _FLOWER)
    try:
        status = _asked(place)
    except (OSError, HTTPException) as error:
        told = f"{place.geturl()} does not answer ({type(error).__name__})"
        asked_for = unknown("flower_away", told, fix="python manage.py flower")
        yield asked_for if load().flower_url else ok("no Flower on this machine")
        return
    if status not in _REFUSED:
        told = f"{place.geturl()} shows every tenant's tasks to whoever asks"
        yield fail("flower_open", told, fix="run it by: python manage.py flower")
    elif open_at := _beyond_loopback(place):
        told = f"it asks for a password, but listens on {open_at} without TLS"
        yield warn("flower_exposed", told, fix="python manage.py flower --address 127.0.0.1")
    else:
        yield ok(f"{place.geturl()} asks for a password")


def _asked(place: SplitResult) -> int:
    """Answer the status that somebody without a password gets."""
    kind = HTTPSConnection if place.scheme == "https" else HTTPConnection
    connection = kind(place.hostname or "", place.port, timeout=_PATIENCE_S)
    try:
        connection.request("GET", place.path.rstrip("/") + _GUARDED)
        return connection.getresponse().status
    finally:
        connection.close()


def _beyond_loopback(place: SplitResult) -> str:
    """Answer an address of this machine, open to others, at which the same port answers."""
    if not is_loopback(place.hostname or ""):
        return ""
    port = place.port or (443 if place.scheme == "https" else 80)
    return next((one for one in _open_addresses() if _answers(one, port)), "")


def _open_addresses() -> list[str]:
    found = [one for card in psutil.net_if_addrs().values() for one in card]
    return [
        one.address
        for one in found
        if one.family == socket.AF_INET and not is_loopback(one.address)
    ]


def _answers(address: str, port: int) -> bool:
    with socket.socket(socket.AF_INET) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((address, port)) == 0
