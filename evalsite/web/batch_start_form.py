"""The form of a new batch: what is scored, how, and for how much."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any, Final
from uuid import uuid4

from django import forms
from django.db.models import OuterRef, Subquery

from evalsite.cases.form_fields import JsonText, TagText
from evalsite.cases.models import Suite
from evalsite.cases.queries import Selection
from evalsite.cases.read_selection import read_selection
from evalsite.errors import EvalsiteError
from evalsite.pipeline.order import Order
from evalsite.pipeline.run_arguments import MOST_REPETITIONS
from evalsite.targets.models import EvalMode, Output, Run, RunStatus
from evalsite.targets.queries import find_run
from evalsite.web.option_fields import judges_of, option_fields, options_of
from judges.protocol import VerdictError
from packs.protocol import Pack

# Runs to choose from; the address takes any name: ?run=NAME.
_OFFERED: Final = 100
_MOST: Final = 2**31 - 1
_SEED: Final = 2**63 - 1
# The field that an error is about, by how its code begins.
_ABOUT: Final = {
    **dict.fromkeys(("run_", "connection_", "callable_", "pack_not_asking"), "run"),
    **dict.fromkeys(("nothing_selected", "selection_", "case_", "text_"), "tags"),
    **dict.fromkeys(("option", "judge", "endpoint", "secret_", "rubric"), "options"),
    **dict.fromkeys(("jury", "model", "schema"), "options"),
}


class StartForm(forms.Form):
    """A new batch of one suite."""

    tags = TagText(
        required=False, help_text="Cases with any of them; with semicolons between them."
    )
    limit = forms.IntegerField(
        required=False, min_value=1, max_value=_MOST, help_text="The first so many by key."
    )
    sample = forms.IntegerField(
        required=False, min_value=1, max_value=_MOST, help_text="So many, drawn by the seed."
    )
    seed = forms.IntegerField(required=False, min_value=-_SEED, max_value=_SEED)
    repetitions = forms.IntegerField(
        required=False, min_value=1, max_value=MOST_REPETITIONS, help_text="Of each case; 1."
    )
    max_cost_usd = forms.DecimalField(
        label="Cap in US dollars", required=False, min_value=0, max_digits=18, decimal_places=9,
        help_text="It is paused before its model calls cost more; blank: no cap.",
    )  # fmt: skip
    use_cache = forms.BooleanField(
        label="Take replies that are known", required=False, initial=True
    )
    try_judges = forms.BooleanField(
        label="Let judges that ask models show that they can", required=False, initial=True
    )
    priority = forms.ChoiceField(
        label="When it is scored",
        required=False,
        choices=[("", "by its size"), ("interactive", "before bulk"), ("bulk", "in its turn")],
    )
    options = JsonText(
        label="Other options, as JSON",
        rows=4,
        required=False,
        initial="",
        help_text="A judge that is chosen above wins over them.",
    )
    request_key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, suite: Suite, pack: Pack, run: str = "", **more: Any) -> None:
        super().__init__(*args, **more)
        self.label_suffix = ""
        self.suite = suite
        self.fields["request_key"].initial = uuid4().hex
        named = self.data.get("run", run).replace("\0", "")
        self.fields["run"] = forms.ChoiceField(choices=_runs(suite, named=named), initial=named)
        self.fields.update(option_fields(pack))

    def order(self) -> Order:
        """Answer what was ordered; raises RunUnknown, and what `read_selection` raises."""
        given = self.cleaned_data
        return Order(
            suite=self.suite,
            run=find_run(given["run"]),
            options={**options_of(given), **(given["options"] or {})},
            judges=judges_of(given),
            selection=self._selection(),
            repetitions=given["repetitions"] or 1,
            max_cost_usd=given["max_cost_usd"],
            use_cache=given["use_cache"],
            try_judges=given["try_judges"],
            priority=given["priority"],
            request_key=f"page:{given['request_key']}"[:64],
        )

    def digest(self) -> str:
        """Answer what was filled in, in short, so that what is started is what was priced."""
        text = json.dumps(self.cleaned_data, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def show_error(self, error: EvalsiteError | VerdictError) -> None:
        """Show what was refused at the field that it is about."""
        field = next((at for sign, at in _ABOUT.items() if error.code.startswith(sign)), None)
        hint = f" {error.hint[:1].upper()}{error.hint[1:]}." if error.hint else ""
        self.add_error(field, f"{error.message} ({error.code}).{hint}".replace("..", "."))

    def _selection(self) -> Selection:
        given = self.cleaned_data
        wishes = {name: given[name] for name in ("tags", "limit", "sample", "seed")}
        kept = {name: wish for name, wish in wishes.items() if wish not in (None, [])}
        return read_selection(kept)


def _runs(suite: Suite, *, named: str) -> list[Any]:
    """Offer the newest runs, first those that answered the suite, as their first output tells."""
    first = Output.objects.filter(run=OuterRef("pk")).order_by("case_id")
    usable = Run.objects.exclude(status__in=(RunStatus.FAILED, RunStatus.DRY_RUN))
    newest = usable.select_related("target").order_by("-created_at", "-pk")
    newest = newest.annotate(answered=Subquery(first.values("case__suite")[:1]))[:_OFFERED]
    groups: dict[str, list[tuple[str, str]]] = {"": [("", "choose a run")]}
    for kind in (f"Recorded for {suite.name}", "Asked while it is scored", "Others"):
        groups[kind] = []
    mine, live, others = list(groups)[1:]
    for run in newest:
        kind = mine if run.answered == suite.pk else live if _is_live(run) else others
        groups[kind].append((run.name, _told(run)))
    offered = {name for group in groups.values() for name, _ in group}
    groups[others] += [(named, named)] if named not in offered else []
    return [*groups.pop(""), *((kind, group) for kind, group in groups.items() if group)]


def _is_live(run: Run) -> bool:
    return run.eval_mode == EvalMode.LIVE


def _told(run: Run) -> str:
    version = f" {run.client_version}" if run.client_version else ""
    return f"{run.name} ({run.target.name}{version}, {run.created_at:%Y-%m-%d})"


def names_of_suites() -> Iterable[str]:
    """Answer the suites to choose from."""
    return Suite.objects.order_by("name").values_list("name", flat=True)
