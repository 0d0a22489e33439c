"""Which batches a reader wants to see, read from the address."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.db.models import QuerySet

from evalsite.batches.models import Batch, BatchState
from evalsite.cases.models import Suite
from evalsite.regressions.models import Comparison, Verdict
from evalsite.targets.models import Target

# Of a longer list nobody chooses; the address takes any name.
_OFFERED: Final = 200


class BatchFilter(forms.Form):
    """The filters of the list of batches; its address holds them all."""

    suite = forms.CharField(required=False, max_length=100)
    target = forms.CharField(required=False, max_length=100)
    state = forms.ChoiceField(required=False, choices=[("", "any"), *BatchState.choices])
    verdict = forms.ChoiceField(
        label="Against its baseline", required=False, choices=[("", "any"), *Verdict.choices]
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, model in (("suite", Suite), ("target", Target)):
            names = model.objects.order_by("name").values_list("name", flat=True)
            offered = dict.fromkeys([*names[:_OFFERED], *self._named(name)])
            choices = [("", "any"), *((each, each) for each in offered)]
            self.fields[name].widget = forms.Select(choices=choices)

    def batches(self) -> QuerySet[Batch]:
        """Answer the batches that fit; none where the address asks for what there is not."""
        found = Batch.objects.select_related("suite", "run__target")
        if not self.is_valid():
            return found.none()
        wanted = self.cleaned_data
        if wanted["suite"]:
            found = found.filter(suite__name=wanted["suite"])
        if wanted["target"]:
            found = found.filter(run__target__name=wanted["target"])
        if wanted["state"]:
            found = found.filter(state=wanted["state"])
        if wanted["verdict"]:
            own = Comparison.objects.filter(is_own=True, verdict=wanted["verdict"])
            found = found.filter(pk__in=own.values("batch"))
        return found

    def _named(self, name: str) -> list[str]:
        named = self.data.get(name, "").replace("\0", "")
        return [named] if named else []
