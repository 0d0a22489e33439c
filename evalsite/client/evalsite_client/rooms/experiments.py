"""Experiments: a baseline against a variant, the results recorded in it, the decision."""

from __future__ import annotations

from typing import Any

from evalsite_client.describe import Pages, Ref, Stream, get, place, post, post_lines
from evalsite_client.models import Decision, Experiment, Recorded, Result
from evalsite_client.spool import Spool
from evalsite_client.steps import Flow
from evalsite_client.verbs import Room, S, listing, stream, upload, verb


class Experiments(Room[S]):
    """Studies of two groups."""

    @listing
    def list(self, *, name: str = "") -> Pages[Experiment]:
        """List experiments, newest first."""
        return Pages(get("experiments", name=name), Experiment)

    @verb
    def get(self, experiment: Ref) -> Flow[Experiment]:
        """Answer an experiment by its id."""
        return self.ask(get(place("experiments", experiment)), Experiment)

    @verb
    def named(self, name: str) -> Flow[Experiment]:
        """Answer an experiment by its name; raises NameUnknown."""
        return self.find(Pages(get("experiments", name=name), Experiment), name=name)

    @verb
    def create(self, /, **fields: Any) -> Flow[Experiment]:
        """Declare an experiment: name, primary_metric, claim, margin, alpha ..."""
        return self.ask(post("experiments", fields), Experiment)

    @listing
    def results(self, /, experiment: Ref, **filters: Any) -> Pages[Result]:
        """List the results of an experiment."""
        return Pages(get(place("experiments", experiment, "results"), **filters), Result)

    @stream
    def export(self, experiment: Ref) -> Stream[Result]:
        """Read all results of an experiment as one stream."""
        return Stream(get(place("experiments", experiment, "results", "export")), Result)

    @upload
    def record(self, lines: Spool, *, experiment: Ref) -> Flow[Recorded]:
        """Record results, each under its natural key: task, group, version, repetition."""
        path = place("experiments", experiment, "results", "bulk")
        return self.ask(post_lines(path, lines), Recorded)

    @verb
    def decide(self, experiment: Ref) -> Flow[Decision]:
        """Decide an experiment by what was declared before its first result."""
        return self.ask(post(place("experiments", experiment, "decide")), Decision)
