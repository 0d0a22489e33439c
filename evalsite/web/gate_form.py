"""A gate as a form: by fields, with a row for each guard and limit, or as its whole file.

What has no field is kept as it is. `version` is the one that the form was filled from, None of a
new gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms

from evalsite.errors import EvalsiteError
from evalsite.gates.given import Flaw, read_given, weigh_given
from evalsite.gates.read import GateFile
from evalsite.gates.spec import Claim, Limit, Slice
from evalsite.gates.write import as_yaml
from evalsite.web.gate_licence import LicenceForm

_CLAIMS: Final = (
    (Claim.NON_INFERIORITY.value, "not worse by the margin or more"),
    (Claim.SUPERIORITY.value, "better by more than the margin"),
    (Claim.EQUIVALENCE.value, "alike within the margin"),
)
_ENDS: Final = (("at_most", "at most"), ("at_least", "at least"))
_ANY: Final = forms.NumberInput(attrs={"step": "any", "min": "0"})


def _number(label: str, **options: Any) -> forms.FloatField:
    return forms.FloatField(label=label, required=False, widget=_ANY, **options)


def _slice() -> forms.CharField:
    return forms.CharField(label="Slice", required=False, max_length=120)


def _named(known: str, **options: Any) -> forms.CharField:
    """A name to type; those that are `known` are offered."""
    widget = forms.TextInput(attrs={"list": known, "autocomplete": "off"})
    return forms.CharField(required=False, max_length=100, widget=widget, **options)


class HeadForm(forms.Form):
    """All but guards and limits."""

    name = forms.CharField(max_length=100, help_text="What commands and pipelines call it.")
    note = forms.CharField(required=False, max_length=500, help_text="What it is for.")
    suite = _named("suites", help_text="Only for batches of this suite.")
    target = _named("targets", help_text="Only for runs of this target.")
    metric = _named("metrics")
    claim = forms.ChoiceField(choices=_CLAIMS)
    margin = _number("Margin", help_text="In the metric's unit: 0.03 of a share is 3 points.")
    slice = _slice()
    alpha = _number("Alpha", help_text="Of two sides: 0.05 gives 95 % intervals.")
    min_pairs = forms.IntegerField(required=False, help_text="15 or more.")
    max_left_out = _number("Most left out", help_text="A share of the baseline's cases.")
    demand_comparable = forms.BooleanField(required=False, label="Nothing but the run may differ")
    refuse_untrusted = forms.BooleanField(required=False, label="Judges must be trusted")
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class GuardForm(forms.Form):
    """A row of the guards; one without a metric and a number is none."""

    metric = _named("metrics")
    margin = _number("Margin")
    margin_percent = _number("or per cent")
    slice = _slice()


class LimitForm(forms.Form):
    """A row of the limits."""

    metric = _named("metrics")
    end = forms.ChoiceField(label="Must be", choices=_ENDS)
    bound = _number("Number")
    slice = _slice()


_Guards: Any = forms.formset_factory(GuardForm, extra=2, max_num=100, absolute_max=102)
_Limits: Any = forms.formset_factory(LimitForm, extra=2, max_num=100, absolute_max=102)


class TextForm(forms.Form):
    """A gate's file, in one field."""

    file = forms.CharField(
        strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false"}),
        help_text="YAML or JSON, as setgate takes it.",
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class WholeFile:
    """The form of a gate's file."""

    def __init__(self, data: Any = None, *, start: GateFile, version: int | None) -> None:
        self._known = "" if version is None else start.name
        self.head = TextForm(data, initial={"file": as_yaml(start), "version": version})

    def read(self) -> GateFile | None:
        """Answer the gate in the text; None where something is wrong, said at the field."""
        if not self.head.is_valid():
            return None
        try:
            return read_given(self.head.cleaned_data["file"], known=self._known)
        except EvalsiteError as error:
            self.head.add_error("file", error.message)
            return None


class Fields:
    """The form by fields, in four parts."""

    def __init__(self, data: Any = None, *, start: GateFile, version: int | None) -> None:
        given = start.model_dump(mode="json")
        self._start, self._known = given, "" if version is None else start.name
        primary = {**given["primary"], "slice": _told(start.primary.slice)}
        self.head = HeadForm(data, initial={**given, **primary, "version": version})
        self.head.fields["name"].disabled = bool(self._known)
        guards = [{**g.model_dump(), "slice": _told(g.slice)} for g in start.guards]
        self.guards = _Guards(data, prefix="guards", initial=guards)
        limits = [_row_of(limit) for limit in start.limits]
        self.limits = _Limits(data, prefix="limits", initial=limits)
        self.licence = LicenceForm(data, start=start.judge_licence, prefix="licence")

    def read(self) -> GateFile | None:
        """Answer the gate that was asked for; None where something is wrong, said at its field."""
        if not all(part.is_valid() for part in (self.head, self.guards, self.limits, self.licence)):
            return None
        rows = {
            "guards": [form for form in self.guards.forms if _is_filled(form)],
            "limits": [form for form in self.limits.forms if _is_filled(form)],
        }
        wanted, wrong = weigh_given(self._fields(rows), known=self._known)
        for flaw in wrong:
            self._tell(flaw, rows)
        return wanted

    def _fields(self, rows: Mapping[str, list[forms.Form]]) -> dict[str, Any]:
        """Answer the gate's fields; what was left empty has its default."""
        head = dict(self.head.cleaned_data)
        primary = {name: head.pop(name) for name in ("metric", "claim", "margin", "slice")}
        del head["version"]
        plain = {name: value for name, value in head.items() if value not in (None, "")}
        emptied = {name: value for name, value in self._start.items() if name not in head}
        return {
            **emptied,
            **plain,
            "primary": _given(primary),
            "guards": [_given(form.cleaned_data) for form in rows["guards"]],
            "limits": [_limit(form.cleaned_data) for form in rows["limits"]],
            "judge_licence": self.licence.given(),
        }

    def _tell(self, flaw: Flaw, rows: Mapping[str, list[forms.Form]]) -> None:
        (place, *inner), cause = (flaw[0] or ("",)), flaw[1]
        if place == "judge_licence":
            self.licence.tell(inner, cause)
            return
        if place in rows and inner:
            form, names = rows[str(place)][int(inner[0])], inner[1:]
        else:
            form, names = self.head, [*inner[:1], place]
        known = {"at_most": "bound", "at_least": "bound", "primary": "margin"}
        named = (known.get(str(name), str(name)) for name in names)
        fallback = "bound" if "bound" in form.fields else "margin"
        at = next((name for name in named if name in form.fields), None)
        form.add_error(at or (fallback if place in (*rows, "primary") else None), cause)


def _is_filled(form: forms.Form) -> bool:
    return any(
        value not in (None, "") for name, value in form.cleaned_data.items() if name != "end"
    )


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    filled = {name: value for name, value in values.items() if value not in (None, "")}
    if "slice" in filled:
        kind, _, value = str(filled["slice"]).partition(":")
        filled["slice"] = {"kind": kind.strip(), "value": value.strip()}
    return filled


def _limit(values: Mapping[str, Any]) -> dict[str, Any]:
    filled = _given(values)
    end, bound = filled.pop("end"), filled.pop("bound", None)
    return filled if bound is None else {**filled, end: bound}


def _row_of(limit: Limit) -> dict[str, Any]:
    end = "at_most" if limit.at_least is None else "at_least"
    row = {"metric": limit.metric, "end": end, "bound": limit.bound}
    return {**row, "slice": _told(limit.slice)}


def _told(part: Slice | None) -> str:
    return "" if part is None else str(part)
