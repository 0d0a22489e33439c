"""One row of each tenant model, with its parents, for the tenant in scope."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any
from uuid import uuid4

from django.db import models
from django.utils import timezone

from evalsite.alerts.models import Alert, Condition, Subscription, Webhook
from evalsite.api.models import Answered
from evalsite.audit.models import Anchor, Entry, Link
from evalsite.batches.models import Batch, Chunk, Step
from evalsite.blobs.models import Blob
from evalsite.calibration.models import Label, Queue, QueueItem
from evalsite.calls.models import Price, Reply
from evalsite.cases.models import Revision, Suite, TestCase
from evalsite.endpoints.models import Endpoint
from evalsite.exchange.models import LegacyImport
from evalsite.experiments.models import Arm, Decision, Experiment, Result
from evalsite.gates.models import Gate, GateCheck
from evalsite.keys.models import ApiKey
from evalsite.leaderboard.models import Board, Standing
from evalsite.people.models import Invitation
from evalsite.pipeline.models import Evaluation, EvaluationRequest, OutboxMessage
from evalsite.quotas.models import Quota, Spending, Turn
from evalsite.regressions.models import Baseline, Comparison, Pairs, Regression
from evalsite.retention.models import Hold, Policy, Purge, Receipt
from evalsite.schedules.models import Sampled, Schedule, Tick
from evalsite.scoring.models import Extract, Scorecard
from evalsite.shares.models import Share
from evalsite.summaries.models import Summary
from evalsite.targets.models import Output, Run, Target
from evalsite.tenants.models import Membership
from evalsite.trends.models import Shift, Watch
from evalsite.trust.models import JudgeTrust
from tests.board_rows import make_board, make_standing
from tests.kept_rows import make_blob, make_hold, make_policy, make_purge, make_receipt
from tests.label_rows import make_label, make_queue, make_queue_item
from tests.model_rows import make_endpoint, make_judge_trust, make_price, make_reply
from tests.schedule_rows import make_sampled, make_schedule, make_tick
from tests.tenant_rows import (
    make_anchor,
    make_answered,
    make_api_key,
    make_entry,
    make_invitation,
    make_link,
    make_membership,
    make_quota,
    make_share,
    make_spending,
    make_turn,
)
from tests.trend_rows import make_shift, make_watch

_numbers = count(1)

CASE = {"input": {"question": "2 + 2?"}, "expected": {"answer": "4"}, "content_hash": "0" * 64}
MANIFEST: dict[str, Any] = {
    "pack": "exact",
    "pack_version": "1",
    "options": {},
    "stages": [{"name": "exact", "lane": "cpu", "weight": 1.0, "gate": False, "judge": "exact"}],
}

GATE = {"primary": {"metric": "pass_rate", "claim": "non_inferiority", "margin": 0.03}}


def _name(prefix: str) -> str:
    return f"{prefix}-{next(_numbers)}"


def make_suite(**fields: Any) -> Suite:
    """A suite of the exact pack."""
    return Suite.objects.create(**{"name": _name("suite"), "pack": "exact", "version": 1, **fields})


def make_case(**fields: Any) -> TestCase:
    """A case; its suite is made if none is given."""
    fields.setdefault("suite", None)
    fields["suite"] = fields["suite"] or make_suite()
    return TestCase.objects.create(**{"key": _name("case"), **CASE, **fields})


def make_revision(**fields: Any) -> Revision:
    """A case's first revision."""
    case = fields.pop("case", None) or make_case()
    given = {"case": case, "suite": case.suite, "number": 1, "from_version": 1, **CASE}
    return Revision.objects.create(**{**given, **fields})


def make_target(**fields: Any) -> Target:
    """A system under test."""
    return Target.objects.create(**{"name": _name("target"), **fields})


def make_run(**fields: Any) -> Run:
    """A completed run."""
    fields["target"] = fields.get("target") or make_target()
    return Run.objects.create(**{"name": _name("run"), "status": "completed", **fields})


def make_output(**fields: Any) -> Output:
    """A right answer."""
    fields["run"] = fields.get("run") or make_run()
    fields["case"] = fields.get("case") or make_case()
    return Output.objects.create(**{"answer": {"answer": "4"}, **fields})


def make_batch(**fields: Any) -> Batch:
    """A running batch of one case."""
    fields["suite"] = fields.get("suite") or make_suite()
    fields["run"] = fields.get("run") or make_run()
    given = {"suite_version": 1, "pack": "exact", "manifest": MANIFEST, "n_cases": 1}
    given["priority"] = "interactive"  # as such a small one is
    return Batch.objects.create(**{**given, **fields})


def make_step(**fields: Any) -> Step:
    """A running step of one chunk."""
    fields["batch"] = fields.get("batch") or make_batch()
    given = {"number": 0, "lane": "cpu", "stages": ["exact"], "n_cases": 1, "n_chunks": 1}
    return Step.objects.create(**{**given, "remaining": 1, **fields})


def make_chunk(**fields: Any) -> Chunk:
    """A chunk of one case."""
    fields["step"] = fields.get("step") or make_step()
    return Chunk.objects.create(**{"number": 0, "revisions": [uuid4()], "n_cases": 1, **fields})


def make_scorecard(**fields: Any) -> Scorecard:
    """A passed case."""
    fields["batch"] = fields.get("batch") or make_batch()
    fields["revision"] = fields.get("revision") or make_revision()
    stages = {"exact": {"status": "passed", "score": 1.0}}
    given = {"status": "passed", "overall_score": 1.0, "overall_passed": True, "stages": stages}
    return Scorecard.objects.create(**{**given, **fields})


def make_extract(**fields: Any) -> Extract:
    """What was kept of one passed case."""
    fields["batch"] = fields.get("batch") or make_batch()
    stages = [{"exact": {"status": "passed", "score": 1.0}}]
    given = {"number": 0, "n": 1, "tiers": [], "revisions": [uuid4()], "repetitions": [0]}
    verdict = {"statuses": ["passed"], "scores": [1.0], "stages": stages}
    empty = {key: [None] for key in ("latencies_ms", "tokens_in", "tokens_out", "costs_usd")}
    return Extract.objects.create(**{**given, **verdict, **empty, **fields})


def make_summary(**fields: Any) -> Summary:
    """The summary of one passed case."""
    fields["batch"] = fields.get("batch") or make_batch()
    given = {"slice_kind": "all", "n": 1, "passed": 1, "failed": 0, "unscored": 0, "errored": 0}
    return Summary.objects.create(**{**given, "stages": {}, **fields})


def make_baseline(**fields: Any) -> Baseline:
    """A batch pinned as what its target is compared with."""
    batch = fields["batch"] = fields.get("batch") or make_batch()
    return Baseline.objects.create(**{"suite": batch.suite, "target": batch.run.target, **fields})


def make_comparison(**fields: Any) -> Comparison:
    """A batch that regressed."""
    fields["batch"] = fields.get("batch") or make_batch()
    fields["baseline"] = fields.get("baseline") or make_batch()
    return Comparison.objects.create(**{"verdict": "regressed", "is_own": True, **fields})


def make_gate(**fields: Any) -> Gate:
    """A gate that wants the pass rate not to be worse by 3 points."""
    given = {"name": _name("gate"), "spec": GATE, "declared_at": timezone.now()}
    return Gate.objects.create(**{**given, **fields})


def make_gate_check(**fields: Any) -> GateCheck:
    """What a gate answered: it failed."""
    gate = fields["gate"] = fields.get("gate") or make_gate()
    fields["comparison"] = fields.get("comparison") or make_comparison()
    given = {"gate_name": gate.name, "outcome": "failed", "reasons": [], "spec": gate.spec}
    return GateCheck.objects.create(**{**given, **fields})


def make_regression(**fields: Any) -> Regression:
    """A regression of 20 pairs."""
    fields["comparison"] = fields.get("comparison") or make_comparison()
    counts = {"n_pairs": 20, "left_out": 0, "worse": 8, "better": 0}
    return Regression.objects.create(
        **{"metric": "pass_rate", "verdict": "regressed", "method": "McNemar", **counts, **fields}
    )


def make_pairs(**fields: Any) -> Pairs:
    """One case that regressed."""
    fields["comparison"] = fields.get("comparison") or make_comparison()
    revisions = {"now": [uuid4()], "before": [uuid4()], "moved": [1]}
    return Pairs.objects.create(**{"fate": "regressed", "number": 0, "n": 1, **revisions, **fields})


def make_webhook(**fields: Any) -> Webhook:
    """A program to be told, without a secret."""
    given = {"name": _name("webhook"), "base_url": "https://hooks.example.org/in"}
    return Webhook.objects.create(**{**given, **fields})


def make_subscription(**fields: Any) -> Subscription:
    """Somebody who wants to know everything of any suite."""
    given = {} if "webhook" in fields else {"email": f"{_name('reader')}@example.org"}
    return Subscription.objects.create(**{**given, **fields})


def make_condition(**fields: Any) -> Condition:
    """A suite on which a target's runs are good."""
    fields["suite"] = fields.get("suite") or make_suite()
    fields["target"] = fields.get("target") or make_target()
    return Condition.objects.create(**{"kind": "regression", **fields})


def make_alert(**fields: Any) -> Alert:
    """A mail that waits to be sent."""
    fields["subscription"] = fields.get("subscription") or make_subscription()
    given = {"kind": "regression", "about": _name("about"), "channel": "email"}
    parts = {"recipient": "a@example.org", "subject": "s", "text": "t", "html": "h"}
    return Alert.objects.create(**{**given, **parts, **fields})


def make_experiment(**fields: Any) -> Experiment:
    """An open experiment that accepts a score worse by 0.05."""
    return Experiment.objects.create(**{"name": _name("experiment"), "margin": 0.05, **fields})


def make_result(**fields: Any) -> Result:
    """A task that the baseline passed."""
    fields["experiment"] = fields.get("experiment") or make_experiment()
    given = {"task": _name("task"), "group": "baseline", "version": "1.0", "score": 1.0}
    return Result.objects.create(**{**given, "success": True, **fields})


def make_arm(**fields: Any) -> Arm:
    """A batch that writes to the variant group."""
    fields["experiment"] = fields.get("experiment") or make_experiment()
    fields["batch"] = fields.get("batch") or make_batch()
    return Arm.objects.create(**{"group": "variant", "version": "2.0", **fields})


def make_decision(**fields: Any) -> Decision:
    """A variant to be deployed, after 20 pairs."""
    fields["experiment"] = fields.get("experiment") or make_experiment()
    counts = {"n_pairs": 20, "wins": 8, "losses": 0, "ties": 12}
    declared = {"primary_metric": "score", "alpha": 0.05}
    figures: dict[str, Any] = {"metrics": [], "saved": {}}
    facts: dict[str, Any] = {"reasons": [], "declaration": declared, "figures": figures}
    return Decision.objects.create(
        **{"verdict": "deploy", "method": "t", **facts, **counts, **fields}
    )


def make_legacy_import(**fields: Any) -> LegacyImport:
    """An old database on its way into a suite."""
    fields["suite"] = fields.get("suite") or make_suite()
    return LegacyImport.objects.create(**{"source": "old@db:5432", "made_suite": True, **fields})


def make_outbox_message(**fields: Any) -> OutboxMessage:
    """A message owed to the broker."""
    return OutboxMessage.objects.create(
        **{"task": "pipeline.dispatch", "key": _name("key"), "arguments": {}, **fields}
    )


def make_evaluation(**fields: Any) -> Evaluation:
    """What completed runs of a target are evaluated on."""
    fields["target"] = fields.get("target") or make_target()
    fields["suite"] = fields.get("suite") or make_suite()
    return Evaluation.objects.create(**fields)


def make_evaluation_request(**fields: Any) -> EvaluationRequest:
    """A completed run that waits for its evaluation."""
    fields["run"] = fields.get("run") or make_run()
    fields["evaluation"] = fields.get("evaluation") or make_evaluation()
    return EvaluationRequest.objects.create(**fields)


FACTORIES: dict[type[models.Model], Callable[..., Any]] = {
    Alert: make_alert,
    Anchor: make_anchor,
    Answered: make_answered,
    ApiKey: make_api_key,
    Arm: make_arm,
    Baseline: make_baseline,
    Batch: make_batch,
    Blob: make_blob,
    Board: make_board,
    Chunk: make_chunk,
    Comparison: make_comparison,
    Condition: make_condition,
    Decision: make_decision,
    Endpoint: make_endpoint,
    Entry: make_entry,
    Evaluation: make_evaluation,
    EvaluationRequest: make_evaluation_request,
    Experiment: make_experiment,
    Extract: make_extract,
    Gate: make_gate,
    Hold: make_hold,
    GateCheck: make_gate_check,
    Label: make_label,
    LegacyImport: make_legacy_import,
    Link: make_link,
    Invitation: make_invitation,
    JudgeTrust: make_judge_trust,
    Membership: make_membership,
    OutboxMessage: make_outbox_message,
    Output: make_output,
    Pairs: make_pairs,
    Policy: make_policy,
    Price: make_price,
    Purge: make_purge,
    Receipt: make_receipt,
    Queue: make_queue,
    QueueItem: make_queue_item,
    Quota: make_quota,
    Reply: make_reply,
    Result: make_result,
    Regression: make_regression,
    Revision: make_revision,
    Run: make_run,
    Sampled: make_sampled,
    Schedule: make_schedule,
    Scorecard: make_scorecard,
    Share: make_share,
    Shift: make_shift,
    Spending: make_spending,
    Standing: make_standing,
    Step: make_step,
    Subscription: make_subscription,
    Suite: make_suite,
    Summary: make_summary,
    Target: make_target,
    TestCase: make_case,
    Tick: make_tick,
    Turn: make_turn,
    Watch: make_watch,
    Webhook: make_webhook,
}
