"""The pack `nl2api`: a request in words against tool calls, their response and a spoken answer."""

from __future__ import annotations

from packs.nl2api.legacy import NL2APITestCase
from packs.nl2api.pack import PACK

__all__ = ["PACK", "NL2APITestCase"]
