"""Addresses that answer a file and no JSON; a problem about one is JSON all the same."""

from __future__ import annotations

from evalsite.api.frame.parse import NDJSON
from evalsite.api.frame.render import Json


class Xml(Json):
    """Lets programs ask for XML."""

    media_type = "application/xml"
    format = "xml"


class Markdown(Json):
    """Lets programs ask for Markdown."""

    media_type = "text/markdown"
    format = "md"


class Lines(Json):
    """Lets programs ask for JSON lines."""

    media_type = NDJSON
    format = "ndjson"
