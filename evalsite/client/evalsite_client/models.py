"""What the server tells, typed. Fields that a newer server adds are kept as they are."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, SecretStr


class Told(BaseModel):
    """The base of all answers; `etag` is there on one that was read by itself."""

    model_config = ConfigDict(extra="allow", frozen=True)
    etag: str | None = None


class Named(Told):
    """A row with an id and a name."""

    id: UUID
    name: str


class Suite(Named):
    """A named, versioned set of cases."""

    pack: str
    version: int
    description: str = ""
    cluster_key: str = ""


class CaseLine(Told):
    """A test case, as a case file has it."""

    key: str
    state: str = "active"
    input: Any = None
    expected: Any = None
    tags: list[str] = []
    category: str = ""
    complexity: int | None = None
    metadata: dict[str, Any] = {}


class Case(CaseLine):
    """A test case, as its newest revision has it."""

    id: UUID
    revision: int | None = None


class Revision(Told):
    """A test case as it was."""

    id: UUID
    number: int | None = None
    created_at: datetime | None = None


class Target(Named):
    """A system under test."""

    description: str = ""


class Run(Named):
    """One version of a target being evaluated."""

    target: UUID
    status: str
    target_name: str = ""
    client_type: str = ""
    client_version: str = ""
    commit: str = ""
    eval_mode: str = "recorded"
    metadata: dict[str, Any] = {}


class Output(Told):
    """What a run answered to a case."""

    key: str
    repetition: int = 0
    answer: Any = None
    error: str = ""
    latency_ms: float | None = None


class Recorded(Told):
    """How many rows were added, replaced, and there already; `lost` are those not taken."""

    new: int
    changed: int = 0
    unchanged: int = 0
    n_lost: int = 0
    lost: list[Any] = []

    @property
    def n(self) -> int:
        """How many rows the server has now of those that were sent."""
        return self.new + self.changed + self.unchanged


class Standing(Told):
    """How one evaluation of a run stands; `batch` is where it is scored."""

    evaluation: UUID
    state: str
    batch: UUID | None = None
    verdict: str | None = None
    outcome: str | None = None


class Evaluation(Told):
    """What is known about the evaluations of a run.

    `outcome` is passed when every gate has passed; None without a gate, or before its answer.
    """

    run: UUID
    state: str
    outcome: str | None = None
    evaluations: list[Standing] = []


class Batch(Told):
    """One evaluation of one run over one suite version."""

    id: UUID
    state: str
    suite: UUID
    run: UUID
    suite_name: str = ""
    run_name: str = ""
    n_cases: int = 0
    paused_code: str = ""
    paused_reason: str = ""
    spent_usd: Decimal | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens by itself: finished, cancelled or paused."""
        return self.state != "running"


class Scorecard(Told):
    """All stage results of one case in one batch; no score is None, never 0."""

    case: str
    status: str
    repetition: int = 0
    score: float | None = None
    passed: bool | None = None
    stages: dict[str, Any] = {}


class ScorecardLine(Told):
    """The same, as a file of scorecards has it."""

    key: str
    status: str
    repetition: int = 0
    stages: dict[str, Any] = {}


class Summary(Told):
    """A batch's figures, whole or of a slice."""

    slice_kind: str = "all"
    slice_value: str = ""
    n: int = 0
    pass_rate: float | None = None
    pass_low: float | None = None
    pass_high: float | None = None


class Comparison(Told):
    """A batch against its baseline."""

    id: UUID
    verdict: str
    batch: UUID
    baseline: UUID
    sentence: str = ""
    findings: list[Any] = []


class Gate(Named):
    """What a batch must show against its baseline."""

    version: int = 1
    spec: Any = None


class Reason(Told):
    """What one rule of a gate found."""

    outcome: str
    code: str = ""
    rule: str = ""
    title: str = ""
    text: str = ""


class GateCheck(Told):
    """What a gate answered: `passed`, `failed` or `needs_review`."""

    id: UUID
    outcome: str
    exit_code: int
    reasons: list[Reason] = []
    comparison: Comparison
    batch: UUID
    baseline: UUID
    markdown: str = ""

    @property
    def passed(self) -> bool:
        """Whether the gate passed: shown, not just not refuted."""
        return self.outcome == "passed"


class Experiment(Named):
    """A study of two groups."""

    state: str = "open"


class Result(Told):
    """One task's record in an experiment."""

    id: UUID | None = None
    task: str
    group: str
    version: str
    repetition: int = 0
    score: float | None = None
    success: bool | None = None
    reason: str = ""
    latency_ms: float | None = None
    recorded_at: datetime | None = None
    metadata: dict[str, Any] = {}


class Decision(Told):
    """What an experiment was decided to be: `deploy`, `reject` or `needs_review`."""

    verdict: str
    reasons: list[Any] = []


class Me(Told):
    """Who the key is, for which tenant, and what it may do there."""

    kind: str
    name: str
    role: str
    tenant: dict[str, Any]
    scopes: list[str] | None = None


class Entry(Told):
    """A row of which the client needs no field by name. A secret in it is not shown."""

    token: SecretStr | None = None
