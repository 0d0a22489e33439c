"""Gates: is it better than the baseline?"""

from __future__ import annotations

from urllib.parse import urlsplit

from evalsite_client.describe import Pages, Ref, get, given, place, post
from evalsite_client.models import Gate, GateCheck
from evalsite_client.retry import send
from evalsite_client.senders import ROOT
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
    def junit(self, check: GateCheck) -> Flow[bytes]:
        """Answer the JUnit XML of what a gate answered."""
        # Of the server's link only the path is taken: the key never follows a link elsewhere.
        path = urlsplit(check.junit).path.partition(ROOT)[2] or check.junit
        asked = Request(method="GET", path=path, headers={"Accept": "*/*"})
        answer = yield from send(asked, retries=self.sender.retries)
        return answer.content

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
