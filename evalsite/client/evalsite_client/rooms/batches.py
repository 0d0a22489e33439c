"""Batches: one evaluation of one run over one suite, its scores, and its comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from evalsite_client.describe import Pages, Ref, Stream, get, given, place, post
from evalsite_client.errors import WaitedTooLong
from evalsite_client.models import Batch, Comparison, Scorecard, ScorecardLine, Summary
from evalsite_client.steps import Flow, Sleep
from evalsite_client.verbs import Room, S, listing, stream, verb

_FIRST_LOOK: Final = 0.2
_SLOWEST_LOOK: Final = 5.0


def until_over(room: Room[Any], batch: Ref, *, timeout: float) -> Flow[Batch]:
    """Look at a batch, less and less often, until nothing more happens by itself."""
    waited, pause = 0.0, _FIRST_LOOK
    while True:
        seen = yield from room.ask(get(place("batches", batch)), Batch)
        if seen.is_over:
            return seen
        if waited >= timeout:
            raise WaitedTooLong(f"batch {batch} is {seen.state} after {waited:.0f} s")
        yield Sleep(min(pause, timeout - waited))
        waited, pause = waited + pause, min(_SLOWEST_LOOK, pause * 1.5)


class Batches(Room[S]):
    """Evaluations."""

    @listing
    def list(self, /, **filters: Any) -> Pages[Batch]:
        """List batches, newest first."""
        return Pages(get("batches", **filters), Batch)

    @verb
    def get(self, batch: Ref) -> Flow[Batch]:
        """Answer a batch by its id, with how far it is."""
        return self.ask(get(place("batches", batch)), Batch)

    @verb
    def create(
        self,
        /,
        *,
        suite: Ref,
        run: Ref,
        options: dict[str, Any] | None = None,
        judges: Sequence[str] | None = None,
        selection: dict[str, Any] | None = None,
        repetitions: int | None = None,
        max_cost_usd: float | None = None,
        use_cache: bool | None = None,
        idempotency_key: str | None = None,
        **more: Any,
    ) -> Flow[Batch]:
        """Start a batch of a run over a suite (names or ids); workers score it.

        `judges` are `STAGE=JUDGE`; `selection` has tags, cases, sample, seed and limit. Who sends
        an idempotency key again gets the same batch.
        """
        body = given(
            suite=str(suite),
            run=str(run),
            options=options,
            judges=None if judges is None else tuple(judges),
            selection=selection,
            repetitions=repetitions,
            max_cost_usd=max_cost_usd,
            use_cache=use_cache,
            **more,
        )
        return self.ask(post("batches", body, key=idempotency_key), Batch)

    @verb
    def wait(self, batch: Ref, *, timeout: float = 3600.0) -> Flow[Batch]:
        """Answer the batch once it is finished, cancelled or paused; raises WaitedTooLong."""
        return until_over(self, batch, timeout=timeout)

    @verb
    def cancel(self, batch: Ref) -> Flow[Batch]:
        """Stop a batch; what is scored stays."""
        return self.ask(post(place("batches", batch, "cancel")), Batch)

    @verb
    def pause(self, batch: Ref) -> Flow[Batch]:
        """Begin nothing more of a batch until it is resumed; what is in hand is still written."""
        return self.ask(post(place("batches", batch, "pause")), Batch)

    @verb
    def resume(self, batch: Ref) -> Flow[Batch]:
        """Go on with a batch that was cancelled or paused."""
        return self.ask(post(place("batches", batch, "resume")), Batch)

    @verb
    def retry_errored(self, batch: Ref) -> Flow[Batch]:
        """Score again the cases that have no verdict."""
        return self.ask(post(place("batches", batch, "retry-errored")), Batch)

    @listing
    def scorecards(self, /, batch: Ref, **filters: Any) -> Pages[Scorecard]:
        """List scorecards; filters are status, passed, stage, stage_status, slice, case ..."""
        return Pages(get(place("batches", batch, "scorecards"), **filters), Scorecard)

    @stream
    def export_scorecards(self, batch: Ref, *, details: bool = False) -> Stream[ScorecardLine]:
        """Read all scorecards as one stream; with `details`, what the judges said."""
        asked = get(place("batches", batch, "scorecards", "export"), details=details)
        return Stream(asked, ScorecardLine)

    @listing
    def summaries(self, batch: Ref) -> Pages[Summary]:
        """List the figures of a batch, of the whole and of each slice."""
        return Pages(get(place("batches", batch, "summaries")), Summary)

    @verb
    def comparison(self, batch: Ref) -> Flow[Comparison]:
        """Answer the comparison of a batch with its baseline."""
        return self.ask(get(place("batches", batch, "comparison")), Comparison)


class Comparisons(Room[S]):
    """Batches against their baselines."""

    @listing
    def list(self, /, **filters: Any) -> Pages[Comparison]:
        """List comparisons, newest first."""
        return Pages(get("comparisons", **filters), Comparison)

    @verb
    def get(self, comparison: Ref) -> Flow[Comparison]:
        """Answer a comparison by its id."""
        return self.ask(get(place("comparisons", comparison)), Comparison)

    @verb
    def create(self, *, batch: Ref, baseline: Ref | None = None) -> Flow[Comparison]:
        """Compare a batch with another, or with the one that is chosen for it."""
        body = given(batch=str(batch), baseline=None if baseline is None else str(baseline))
        return self.ask(post("comparisons", body), Comparison)
