"""Systems under test, their runs, and what they answered."""

from __future__ import annotations

from typing import Any

from evalsite_client.describe import Pages, Ref, Stream, get, given, place, post, post_lines
from evalsite_client.models import Evaluation, Output, Recorded, Run, Standing, Target
from evalsite_client.spool import Spool
from evalsite_client.steps import Flow
from evalsite_client.verbs import Room, S, listing, stream, upload, verb


class Targets(Room[S]):
    """Systems under test."""

    @listing
    def list(self, *, name: str = "") -> Pages[Target]:
        """List targets, newest first."""
        return Pages(get("targets", name=name), Target)

    @verb
    def named(self, name: str) -> Flow[Target]:
        """Answer a target by its name; raises NameUnknown."""
        return self.find(Pages(get("targets", name=name), Target), name=name)

    @verb
    def create(self, *, name: str, description: str = "") -> Flow[Target]:
        """Make a target."""
        return self.ask(post("targets", given(name=name, description=description)), Target)


class Runs(Room[S]):
    """Versions of targets being evaluated."""

    @listing
    def list(self, /, **filters: Any) -> Pages[Run]:
        """List runs, newest first."""
        return Pages(get("runs", **filters), Run)

    @verb
    def get(self, run: Ref) -> Flow[Run]:
        """Answer a run by its id."""
        return self.ask(get(place("runs", run)), Run)

    @verb
    def named(self, name: str) -> Flow[Run]:
        """Answer a run by its name; raises NameUnknown."""
        return self.find(Pages(get("runs", name=name), Run), name=name)

    @verb
    def create(
        self,
        *,
        name: str,
        target: str | None = None,
        client_type: str | None = None,
        client_version: str | None = None,
        commit: str | None = None,
        connection: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> Flow[Run]:
        """Open a run of a target, by name or id; one of that name that is alike is answered.

        A target that is new is made. `commit` is its source, as git names it.
        """
        body = given(
            name=name,
            target=target,
            client_type=client_type,
            client_version=client_version,
            commit=commit,
            connection=connection,
            metadata=metadata,
        )
        return self.ask(post("runs", body), Run)

    @listing
    def outputs(self, /, run: Ref, **filters: Any) -> Pages[Output]:
        """List what a run answered."""
        return Pages(get(place("runs", run, "outputs"), **filters), Output)

    @stream
    def export_outputs(self, run: Ref) -> Stream[Output]:
        """Read all that a run answered as one stream."""
        return Stream(get(place("runs", run, "outputs", "export")), Output)

    @upload
    def record(self, lines: Spool, *, run: Ref, suite: Ref) -> Flow[Recorded]:
        """Record what a run answered to a suite's cases (its name or id), all or nothing.

        Rows are mappings as in an output file: `key`, `answer` or `error`, and what was measured.
        """
        path = place("runs", run, "outputs")
        return self.ask(post_lines(path, lines, suite=suite), Recorded)

    @verb
    def complete(self, run: Ref) -> Flow[Run]:
        """Say that the run has answered all it will answer."""
        return self.ask(post(place("runs", run, "complete")), Run)

    @verb
    def fail(self, run: Ref, *, reason: str = "") -> Flow[Run]:
        """Say that a run broke off; it is never evaluated."""
        return self.ask(post(place("runs", run, "fail"), {"reason": reason}), Run)

    @verb
    def evaluate(self, /, run: Ref, **how: Any) -> Flow[Standing]:
        """Ask for a completed run's evaluation, as its target has it set; asking twice asks once.

        `how` is an `evaluation`, where the target has several, or `judges` for this time.
        """
        return self.ask(post(place("runs", run, "evaluate"), how), Standing)

    @verb
    def evaluation(self, run: Ref) -> Flow[Evaluation]:
        """Answer how the run's evaluations stand."""
        return self.ask(get(place("runs", run, "evaluation")), Evaluation)
