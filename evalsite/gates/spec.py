"""What a gate demands, as its file says it: one claim, guards against harm, hard limits."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from evalsite.figures import SHARE
from evalsite.regressions.metrics import STAGE, metric
from evalsite.stats.estimates import ENOUGH_PAIRS

# Figures of one batch, and their units; `stage:NAME`, a mean score, is one too.
LIMITED: Final = {
    "pass_rate": SHARE,
    "score": SHARE,
    "unscored_rate": SHARE,
    "latency_p50": "ms",
    "latency_p95": "ms",
    "latency_p99": "ms",
    "cost_usd": "USD",
    "tokens": "tokens",
}
_COMPARED: Final = "pass_rate, score, stage:NAME, latency_ms, cost_usd, tokens, unscored_rate"

# No control characters: the database keeps no NUL, and terminals obey some of the others.
Text = Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
Margin = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Claim(StrEnum):
    """What the primary metric must show."""

    NON_INFERIORITY = "non_inferiority"
    SUPERIORITY = "superiority"
    EQUIVALENCE = "equivalence"


class _Strict(BaseModel):
    # Validators are built when the first gate is read: few commands read any.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Slice(_Strict):
    """Some of the cases: those with a tag, or of a category or complexity."""

    kind: Literal["tag", "category", "complexity"]
    value: Text

    def __str__(self) -> str:
        return f"{self.kind}: {self.value}"


class _Compared(_Strict):
    metric: Text
    slice: Slice | None = None

    @field_validator("metric")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            metric(name)
        except KeyError:
            raise ValueError(f"{name!r} is none of {_COMPARED}") from None
        return name

    @property
    def title(self) -> str:
        """The metric, and the slice if there is one."""
        return f"{self.metric} [{self.slice}]" if self.slice else self.metric

    @property
    def place(self) -> tuple[str, str]:
        """The slice as (kind, value), or the whole."""
        return (self.slice.kind, self.slice.value) if self.slice else ("all", "")


class Primary(_Compared):
    """The one claim that must be shown; the margin is in the metric's unit."""

    claim: Annotated[Claim, Field(strict=False)] = Claim.NON_INFERIORITY
    margin: Margin

    @model_validator(mode="after")
    def _can_be_shown(self) -> Primary:
        if not self.margin and self.claim is not Claim.SUPERIORITY:
            raise ValueError(
                f"{self.claim} within a margin of 0 can never be shown: say how much would matter"
            )
        _in_reach(self.metric, self.margin)
        return self


class Guard(_Compared):
    """What must not be harmed by more than the margin, in the metric's unit or in per cent."""

    margin: Margin | None = None
    margin_percent: Annotated[float, Field(ge=0, le=1000)] | None = None

    @model_validator(mode="after")
    def _has_one_margin(self) -> Guard:
        if (self.margin is None) == (self.margin_percent is None):
            raise ValueError("give either margin or margin_percent (0 tolerates no harm at all)")
        if self.margin_percent is not None and metric(self.metric).unit == SHARE:
            raise ValueError(f"margin_percent is for latency, cost and tokens, not {self.metric}")
        _in_reach(self.metric, self.margin or 0.0)
        return self


class Limit(_Strict):
    """A figure of the new batch alone, and what it must keep to."""

    metric: Text
    slice: Slice | None = None
    at_least: Annotated[float, Field(allow_inf_nan=False)] | None = None
    at_most: Annotated[float, Field(allow_inf_nan=False)] | None = None

    @field_validator("metric")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in LIMITED and (not name.startswith(STAGE) or name == STAGE):
            raise ValueError(f"{name!r} is none of {', '.join(LIMITED)}, stage:NAME")
        return name

    @model_validator(mode="after")
    def _has_one_end(self) -> Limit:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("give either at_least or at_most")
        bound = self.bound
        if bound < 0 or (self.unit == SHARE and bound > 1):
            wanted = "a share from 0 to 1" if self.unit == SHARE else "0 or more"
            raise ValueError(f"{self.metric} is {wanted}, so {bound:g} is no limit for it")
        return self

    @property
    def bound(self) -> float:
        """The number itself."""
        return next(end for end in (self.at_least, self.at_most) if end is not None)

    @property
    def unit(self) -> str:
        """What the number counts."""
        return LIMITED.get(self.metric, SHARE)

    @property
    def title(self) -> str:
        """The limit in words."""
        sign = "<=" if self.at_least is None else ">="
        where = f" [{self.slice}]" if self.slice else ""
        return f"{self.metric}{where} {sign} {self.bound:g}"


class JudgeLicence(_Strict):
    """What people's labels must show of each judge that asked a model, by exact hash.

    Bounds are what the lower end of a 95 % interval must reach. Labels older than `max_age_days`
    do not count, nor, with `drawn_only`, those of cases that were picked, not drawn by chance.
    """

    min_labels: Annotated[int, Field(ge=1, le=1_000_000)] = 50
    min_kappa_lower: Annotated[float, Field(ge=-1, lt=1)] | None = None
    min_agreement_lower: Annotated[float, Field(ge=0, lt=1)] | None = None
    max_age_days: Annotated[int, Field(ge=1, le=36_500)] | None = None
    stages: tuple[Text, ...] = Field(default=(), max_length=100, strict=False)
    drawn_only: bool = True

    @model_validator(mode="after")
    def _has_a_bound(self) -> JudgeLicence:
        if self.min_kappa_lower is None and self.min_agreement_lower is None:
            raise ValueError("give min_kappa_lower, min_agreement_lower, or both")
        return self


class GateSpec(_Strict):
    """All that a gate demands; what is left out has the defaults below.

    `alpha` is of two sides: half of it is the chance to pass a system that is just at the
    primary's margin, and half of it the chance that any guard finds harm where there is none.
    """

    primary: Primary
    guards: tuple[Guard, ...] = Field(default=(), max_length=100, strict=False)
    limits: tuple[Limit, ...] = Field(default=(), max_length=100, strict=False)
    alpha: Annotated[float, Field(gt=0, le=0.2)] = 0.05
    min_pairs: Annotated[int, Field(ge=ENOUGH_PAIRS, le=1_000_000_000)] = ENOUGH_PAIRS
    max_left_out: Annotated[float, Field(ge=0, le=1)] = 0.05
    demand_comparable: bool = True
    refuse_untrusted: bool = True
    judge_licence: JudgeLicence | None = None

    @model_validator(mode="after")
    def _says_nothing_twice(self) -> GateSpec:
        titles = list(self._titles())
        twice = sorted({title for title in titles if titles.count(title) > 1})
        if twice:
            raise ValueError(f"said twice: {', '.join(twice)}")
        return self

    def _titles(self) -> Iterator[str]:
        yield from (f"guard {guard.title}" for guard in self.guards)
        yield from (f"limit {limit.title}" for limit in self.limits)


def _in_reach(name: str, margin: float) -> None:
    if metric(name).unit == SHARE and margin >= 1:
        raise ValueError(f"{name} is a share in 0..1, so a margin of {margin:g} demands nothing")
