"""As much of GitHub as a sticky comment needs."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from tests.client.fake_server import Asked, Reply

_OF_PULL = re.compile(r"/repos/acme/bot/issues/(\d+)/comments")
_ONE = re.compile(r"/repos/acme/bot/issues/comments/(\d+)")


class GitHub:
    """A repository acme/bot, its pull requests' comments by number."""

    def __init__(self) -> None:
        self.token = "ghs_SecretOfTheJob"
        self.comments: dict[int, list[dict[str, Any]]] = defaultdict(list)
        self._ids = 0

    def bodies(self, pull: int) -> list[str]:
        """Answer the texts of the comments of a pull request."""
        return [comment["body"] for comment in self.comments[pull]]

    def comment(self, body: str, *, by: str) -> dict[str, Any]:
        """Make a comment by a `User` or a `Bot`."""
        self._ids += 1
        return {"id": self._ids, "body": body, "user": {"type": by}}

    def respond(self, asked: Asked) -> Reply:
        """Answer as GitHub does."""
        if asked.headers.get("authorization") != f"Bearer {self.token}":
            return Reply(403, {"message": "Resource not accessible by integration"})
        if found := _OF_PULL.fullmatch(asked.path):
            return self._of_pull(asked, self.comments[int(found[1])])
        if (found := _ONE.fullmatch(asked.path)) and asked.method == "PATCH":
            return self._change(int(found[1]), body=asked.json["body"])
        return Reply(404, {"message": "Not Found"})

    def _of_pull(self, asked: Asked, comments: list[dict[str, Any]]) -> Reply:
        if asked.method == "POST":
            comments.append(self.comment(asked.json["body"], by="Bot"))
            return Reply(201, comments[-1])
        size, page = int(asked.params["per_page"]), int(asked.params["page"])
        return Reply(body=comments[size * (page - 1) : size * page])

    def _change(self, id: int, *, body: str) -> Reply:
        for comment in (one for comments in self.comments.values() for one in comments):
            if comment["id"] == id:
                comment["body"] = body
                return Reply(body=comment)
        return Reply(404, {"message": "Not Found"})
