"""What has no calls of its own: lists and rows, by the names of the API."""

from __future__ import annotations

from typing import Any

from evalsite_client.describe import Pages, Ref, delete, get, patch, place, post
from evalsite_client.models import Entry
from evalsite_client.steps import Flow
from evalsite_client.verbs import Room, S, listing, verb


class Rows(Room[S]):
    """The rows at one address, such as `alerts`; docs/api.md and /api/v1/docs tell their fields."""

    def __init__(self, sender: S, *, path: str) -> None:
        super().__init__(sender)
        self._path = path

    @listing
    def list(self, /, **filters: Any) -> Pages[Entry]:
        """List rows, newest first."""
        return Pages(get(self._path, **filters), Entry)

    @verb
    def get(self, row: Ref) -> Flow[Entry]:
        """Answer a row by its id."""
        return self.ask(get(place(self._path, row)), Entry)

    @verb
    def create(self, /, **fields: Any) -> Flow[Entry]:
        """Make a row."""
        return self.ask(post(self._path, fields), Entry)

    @verb
    def edit(self, /, row: Ref, *, etag: str | None = None, **fields: Any) -> Flow[Entry]:
        """Change a row; with `etag`, unless somebody else did before."""
        return self.ask(patch(place(self._path, row), fields, etag=etag), Entry)

    @verb
    def delete(self, row: Ref) -> Flow[None]:
        """Remove a row."""
        return self.tell(delete(place(self._path, row)))

    @verb
    def do(self, row: Ref, action: str, /, **fields: Any) -> Flow[Entry]:
        """Do what a row has an address for, such as `test` a subscription."""
        return self.ask(post(place(self._path, row, action), fields), Entry)
