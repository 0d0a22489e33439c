"""What a new batch is made from, and how a body becomes the order for it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from drf_spectacular.utils import OpenApiExample
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    DictField,
    FloatField,
    IntegerField,
    JSONField,
    ListField,
)

from evalsite.api.frame.named import run_of, suite_of
from evalsite.api.frame.wanted import Wanted
from evalsite.batches.models import Priority
from evalsite.cases.queries import Selection
from evalsite.cases.read_selection import read_selection
from evalsite.experiments.choices import Group
from evalsite.pipeline.order import Order
from evalsite.pipeline.run_arguments import MOST_REPETITIONS

_MOST: Final = 2**31 - 1
_SEED: Final = 2**63 - 1
# What the columns of money hold.
_DEAREST: Final = 999_999_999


class Cases(Wanted):
    """Which cases of the suite; without any wish, all active ones."""

    tags = ListField(child=CharField(), required=False, help_text="Cases with any of them.")
    cases = ListField(child=CharField(), required=False, help_text="Keys.")
    sample = IntegerField(required=False, min_value=1, max_value=_MOST, help_text="So many, drawn.")
    seed = IntegerField(required=False, min_value=-_SEED, max_value=_SEED)
    limit = IntegerField(required=False, min_value=1, max_value=_MOST, help_text="First by key.")


class MoreMoney(Wanted):
    """A new cap on what model calls may cost."""

    max_cost_usd = FloatField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=_DEAREST,
        help_text="Else as before.",
    )


class NewBatch(Wanted):
    """What is scored, how, and for how much."""

    suite = CharField(max_length=100, help_text="Its id or name.")
    run = CharField(max_length=100, help_text="Its id or name.")
    pack = CharField(required=False, max_length=100, help_text="The suite's, to be sure of it.")
    options = DictField(
        child=JSONField(allow_null=True), required=False, help_text="The pack's options."
    )
    judges = ListField(
        child=CharField(), required=False, help_text="Other judges for stages: STAGE=JUDGE."
    )
    selection = Cases(required=False)
    repetitions = IntegerField(required=False, min_value=1, max_value=MOST_REPETITIONS)
    max_cost_usd = FloatField(
        required=False, allow_null=True, min_value=0, max_value=_DEAREST,
        help_text="The batch is paused before its model calls cost more; null is no cap.",
    )  # fmt: skip
    use_cache = BooleanField(required=False, help_text="Take replies that are known; default true.")
    try_judges = BooleanField(
        required=False, help_text="Let judges that ask models show that they can; default true."
    )
    priority = ChoiceField(
        required=False,
        choices=Priority.choices,
        help_text="Interactive ones are sent before bulk; else its size decides.",
    )
    experiment = CharField(
        required=False, max_length=100, help_text="Where its results go: a name."
    )
    group = ChoiceField(required=False, choices=Group.choices, help_text="Of the experiment.")
    client_version = CharField(
        required=False,
        max_length=100,
        help_text="Of the system, for the experiment; else the run's.",
    )


EXAMPLES: Final = [
    OpenApiExample(
        "A run over a suite", value={"suite": "assistant", "run": "v2"}, request_only=True
    ),
    OpenApiExample(
        "Ten cases, another judge, one dollar",
        value={
            "suite": "assistant",
            "run": "v2",
            "judges": ["exact=fuzzy"],
            "selection": {"tags": ["smoke"], "limit": 10},
            "max_cost_usd": 1.0,
        },
        request_only=True,
    ),
]


def order_of(body: Mapping[str, Any]) -> Order:
    """Answer the order that a body of `NewBatch` is.

    Raises SuiteUnknown, RunUnknown and what `read_selection` raises.
    """
    given = dict(body)
    cap = given.pop("max_cost_usd", None)
    return Order(
        suite=suite_of(given.pop("suite")),
        run=run_of(given.pop("run")),
        selection=_selection(given.pop("selection", {})),
        max_cost_usd=money(cap),
        **given,
    )


def money(amount: float | None) -> Decimal | None:
    """Answer US dollars as they are kept: to a billionth."""
    return None if amount is None else round(Decimal(str(amount)), 9)


def _selection(body: Mapping[str, Any]) -> Selection:
    given = dict(body)
    keys = {"keys": given.pop("cases")} if "cases" in given else {}
    return read_selection({**given, **keys})
