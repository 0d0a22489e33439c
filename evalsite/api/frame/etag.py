"""Nobody overwrites what somebody else changed: ETag on what is read, If-Match on edits."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpRequest
from django.utils.http import parse_etags
from rest_framework.request import Request

from evalsite.api.frame.render import as_json
from evalsite.errors import EvalsiteError


class EditOutdated(EvalsiteError):
    """What is to be edited is not any more as the editor saw it."""

    code = "edit_outdated"
    hint = "read it again, look at what changed, and send the edit with the new ETag"
    http_status = 412


def etag_of(representation: Any) -> str:
    """Answer the strong ETag of what the API tells about a row."""
    text = as_json(representation)
    return f'"{hashlib.sha256(text).hexdigest()[:32]}"'


def require_match(request: HttpRequest | Request, representation: Any) -> None:
    """Raise EditOutdated where If-Match is sent and does not name what is there now."""
    wanted = parse_etags(request.headers.get("If-Match", "*"))
    if "*" not in wanted and etag_of(representation) not in wanted:
        raise EditOutdated("it was changed since it was read")
