"""The form that draws a queue from a batch."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from evalsite.batches.models import Batch
from evalsite.calibration.draw import KINDS, STATUSES
from evalsite.calibration.models import LARGEST_QUEUE, MOST_LABELS

_ANY: Final = ("", "any: an unbiased sample")
_NO_SLICE: Final = ("", "all cases")
_BIASED: Final = (
    "Choosing by the machine's verdict makes the labels no sample: they give no licence."
)


class QueueForm(forms.Form):
    """What is asked, of which cases, of how many people."""

    name = forms.CharField(max_length=100)
    stage = forms.ChoiceField(label="What is judged", required=False)
    size = forms.IntegerField(
        label="Cases to draw", min_value=1, max_value=LARGEST_QUEUE, initial=50,
        help_text="Drawn by chance, once; all where there are fewer.",
    )  # fmt: skip
    wanted = forms.IntegerField(
        label="People per case", min_value=1, max_value=MOST_LABELS, initial=1,
        help_text="With two or more you see how far people agree with one another.",
    )  # fmt: skip
    is_blind = forms.BooleanField(
        label="Blind: hide the machine's verdict until one has answered",
        required=False,
        initial=True,
    )
    status = forms.ChoiceField(
        label="Only where the machine says",
        required=False,
        choices=[_ANY, *((status, status) for status in STATUSES)],
        help_text=_BIASED,
    )
    slice_kind = forms.ChoiceField(
        label="Only cases with", required=False, choices=[_NO_SLICE, *((k, k) for k in KINDS)]
    )
    slice_value = forms.CharField(label="Of value", required=False, max_length=200)
    seed = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=2**62,
        help_text="The same seed draws the same cases; empty: one is drawn.",
    )

    def __init__(self, batch: Batch, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        stages = [(stage["name"], f"stage {stage['name']}") for stage in batch.manifest["stages"]]
        self.fields["stage"] = forms.ChoiceField(
            label="What is judged",
            required=False,
            choices=[*stages, ("", "the case as a whole")],
        )
        self.initial = {"name": f"{batch.suite} {batch.run}"[:100], "stage": stages[0][0]}
