"""Gates: is it better than the baseline?"""

from __future__ import annotations

from typing import Any

from evalsite_client.describe import Pages, Ref, get, given, place, post
from evalsite_client.models import Gate, GateCheck
from evalsite_client.retry import send
from evalsite_client.steps import Flow, Request
from evalsite_client.verbs import Room, S, listing, verb


class Gates(Room[S]):
    """What a batch must show against its baseline."""

    @listing
    def list(self, *, name: str = "") -> Pages[Gate]:
        """List gates."""
        return Pages(get("gates", name=name), Gate)

    @verb
    def get(self, gate: Ref) -> Flow[Gate]:
        """Answer a gate by its id."""
        return self.ask(get(place("gates", gate)), Gate)

    @verb
    def named(self, name: str) -> Flow[Gate]:
        """Answer a gate by its name; raises NameUnknown."""
        return self.find(Pages(get("gates", name=name), Gate), name=name)

    @verb
    def create(self, /, *, name: str, primary: dict[str, Any], **demands: Any) -> Flow[Gate]:
        """Declare a gate, as its file does: guards, limits, alpha, suite, target ...

        What is declared after a batch was started can fail it, and never pass it.
        """
        return self.ask(post("gates", {"name": name, "primary": primary, **demands}), Gate)

    @verb
    def check(
        self,
        gate: Ref,
        *,
        batch: Ref | None = None,
        run: Ref | None = None,
        baseline: str | None = None,
    ) -> Flow[GateCheck]:
        """Ask a gate about a batch, or about a run's newest finished one (its name or id).

        `baseline` is a batch's id, previous, pinned, version:V or commit:C; else the one due.
        """
        body = given(
            batch=None if batch is None else str(batch),
            run=None if run is None else str(run),
            baseline=baseline,
        )
        return self.ask(post(place("gates", gate, "check"), body), GateCheck)

    @verb
    def answer(self, check: Ref) -> Flow[GateCheck]:
        """Answer what a gate answered before, by the id of that."""
        return self.ask(get(place("gate-checks", check)), GateCheck)

    @verb
    def junit(self, check: Ref) -> Flow[bytes]:
        """Answer JUnit XML: a test case for each rule, and for each case."""
        headers = {"Accept": "application/xml, application/json"}
        path = place("gate-checks", check, "junit")
        asked = Request(method="GET", path=path, headers=headers)
        return (yield from send(asked, retries=self.sender.retries)).content
