"""Suites, their cases, and the cases' revisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evalsite_client.describe import Pages, Ref, Stream, get, given, patch, place, post, post_lines
from evalsite_client.models import Case, CaseLine, Recorded, Revision, Suite
from evalsite_client.spool import Spool
from evalsite_client.steps import Flow
from evalsite_client.verbs import Room, S, listing, stream, upload, verb


class Suites(Room[S]):
    """Named, versioned sets of cases."""

    @listing
    def list(self, *, name: str = "", pack: str = "") -> Pages[Suite]:
        """List suites, newest first."""
        return Pages(get("suites", name=name, pack=pack), Suite)

    @verb
    def get(self, suite: Ref) -> Flow[Suite]:
        """Answer a suite by its id."""
        return self.ask(get(place("suites", suite)), Suite)

    @verb
    def named(self, name: str) -> Flow[Suite]:
        """Answer a suite by its name; raises NameUnknown."""
        return self.find(Pages(get("suites", name=name), Suite), name=name)

    @verb
    def create(
        self, *, name: str, pack: str, description: str = "", cluster_key: str = ""
    ) -> Flow[Suite]:
        """Make an empty suite."""
        body = given(name=name, pack=pack, description=description, cluster_key=cluster_key)
        return self.ask(post("suites", body), Suite)

    @verb
    def edit(self, /, suite: Ref, *, etag: str | None = None, **fields: Any) -> Flow[Suite]:
        """Change what a suite says about itself; with `etag`, unless somebody else did before."""
        return self.ask(patch(place("suites", suite), fields, etag=etag), Suite)


class Cases(Room[S]):
    """Test cases."""

    @listing
    def list(self, /, suite: Ref, **filters: Any) -> Pages[Case]:
        """List the cases of a suite."""
        return Pages(get(place("suites", suite, "cases"), **filters), Case)

    @verb
    def get(self, case: Ref) -> Flow[Case]:
        """Answer a case by its id."""
        return self.ask(get(place("cases", case)), Case)

    @verb
    def create(
        self,
        suite: Ref,
        *,
        key: str,
        input: Any,
        expected: Any,
        tags: Sequence[str] = (),
        category: str | None = None,
        complexity: int | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> Flow[Case]:
        """Add one case to a suite."""
        body = given(
            key=key,
            input=input,
            expected=expected,
            tags=list(tags),
            category=category,
            complexity=complexity,
            metadata=metadata,
        )
        return self.ask(post(place("suites", suite, "cases"), body), Case)

    @upload
    def upload(self, lines: Spool, *, suite: Ref) -> Flow[Recorded]:
        """Add or revise many cases at once, all or nothing: mappings as in a case file."""
        return self.ask(post_lines(place("suites", suite, "cases", "bulk"), lines), Recorded)

    @stream
    def export(self, suite: Ref, *, version: int | None = None) -> Stream[CaseLine]:
        """Read all cases of a suite, in every state, as one stream; `upload` takes them back."""
        return Stream(get(place("suites", suite, "cases", "export"), version=version), CaseLine)

    @verb
    def edit(self, /, case: Ref, *, etag: str | None = None, **fields: Any) -> Flow[Case]:
        """Revise a case; with `etag`, unless somebody else did before."""
        return self.ask(patch(place("cases", case), fields, etag=etag), Case)

    @listing
    def revisions(self, case: Ref) -> Pages[Revision]:
        """List what a case was, newest first."""
        return Pages(get(place("cases", case, "revisions")), Revision)
