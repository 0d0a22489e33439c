"""What kind of deployment this is: some things are right on a laptop and wrong for a team."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from evalsite.env import load

START_EMBEDDED: Final = "python manage.py services start"
START_ALL: Final = "python manage.py serve"


def is_embedded() -> bool:
    """Answer whether evalsite runs its own database and broker."""
    return load().database_url is None and load().broker_url is None


def is_public() -> bool:
    """Answer whether the site is meant for others than this machine."""
    return not is_loopback(urlsplit(load().site_url).hostname or "")


def is_loopback(host: str) -> bool:
    """Answer whether a host's name or address is this machine's own."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
