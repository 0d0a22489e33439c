"""News: something that subscribers are to be told, before anybody is named."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings

from evalsite.alerts.conditions import Change
from evalsite.alerts.models import AlertKind, Condition
from evalsite.alerts.printable import printable
from evalsite.alerts.wording import side_of, wording_of
from evalsite.batches.models import Batch
from evalsite.cases.models import Suite
from evalsite.regressions.models import Comparison
from evalsite.regressions.queries import headline
from evalsite.targets.models import Target

_TYPES = {
    AlertKind.REGRESSION: "regression.found",
    AlertKind.RECOVERY: "regression.recovered",
    AlertKind.BATCH_FAILED: "batch.failed",
    AlertKind.JUDGE_UNTRUSTED: "judge.untrusted",
    AlertKind.BUDGET_REACHED: "budget.reached",
}


class News(NamedTuple):
    """What is told (`words` for people, `data` for programs), once per `about`.

    `template` names the mail's three templates; `thread` is the `about` of what it answers.
    """

    kind: AlertKind
    about: str
    suite: UUID
    target: UUID
    template: str
    words: dict[str, Any]
    data: dict[str, Any]
    thread: str = ""
    told_as: str = ""

    @property
    def type(self) -> str:
        """The name that programs know this kind of news by."""
        return self.told_as or _TYPES[self.kind]

    @property
    def url(self) -> str:
        """The page to look at."""
        return str(self.words["url"])


def of_change(change: Change) -> News:
    """Answer the news of a regression, or of the recovery from it."""
    condition, comparison = change
    words = wording_of(comparison)
    begun = f"regression:{condition.pk}:{condition.turn}"
    data = {
        **_place(comparison.batch),
        "comparison": str(comparison.pk),
        "baseline": str(comparison.baseline_id),
        "verdict": comparison.verdict,
        **_finding(comparison),
        "slices": words["slices"],
        "cases": [
            {"key": case.key, "reasons": [reason._asdict() for reason in case.reasons]}
            for case in words["cases"]
        ],
        "url": words["url"],
    }
    return News(
        kind=AlertKind.REGRESSION if condition.is_bad else AlertKind.RECOVERY,
        about=begun if condition.is_bad else begun.replace("regression", "recovery", 1),
        thread=begun,
        suite=comparison.batch.suite_id,
        target=comparison.batch.run.target_id,
        template="comparison",
        words={**words, "is_bad": condition.is_bad},
        data=data,
    )


def of_batch(kind: AlertKind, batch: Batch, *, code: str, told: str, fix: str) -> News:
    """Answer the news of a batch that needs somebody: told once per batch and epoch.

    `told` says what happened in a sentence, `fix` what helps.
    """
    about = f"{kind}:{batch.pk}:{batch.epoch}"
    return _of_batch(batch, kind=kind, about=about, why=(code, told, fix))


def of_judges(condition: Condition, batch: Batch) -> News:
    """Answer the news that the judges of a batch cannot be trusted."""
    told = "; ".join(batch.preflight_notes)
    fix = "Look at the judge's model and prompt; its verdicts count as inconclusive until then."
    why = ("judge_untrusted", f"A judge cannot be trusted: {told}.", fix)
    about = f"judge_untrusted:{condition.pk}:{condition.turn}"
    return _of_batch(batch, kind=AlertKind.JUDGE_UNTRUSTED, about=about, why=why)


class Scheduled(NamedTuple):
    """A schedule as subscribers know it."""

    id: UUID
    name: str
    suite: Suite
    target: Target


def of_tick(tick: UUID, scheduled: Scheduled, *, code: str, told: str) -> News:
    """Answer the news of a tick of a schedule that was refused; `told` says why in a sentence."""
    url = f"{settings.SITE_URL}/schedules/{scheduled.id}/"
    names = {
        "schedule": scheduled.name,
        "suite": scheduled.suite.name,
        "target": scheduled.target.name,
        "code": code,
        "url": url,
    }
    text, slug = printable(told, limit=600), scheduled.suite.tenant.slug
    return News(
        AlertKind.BATCH_FAILED,
        f"tick:{tick}",
        suite=scheduled.suite.pk,
        target=scheduled.target.pk,
        template="schedule",
        words={
            **names,
            "told": text,
            "fix": "Mend it; the next tick comes all the same, and is tried anew.",
            "command": f"manage.py listschedules --name {scheduled.name} --tenant {slug}",
        },
        data={"tenant": slug, **names, "text": text},
        told_as="schedule.refused",
    )


def _of_batch(batch: Batch, *, kind: AlertKind, about: str, why: tuple[str, str, str]) -> News:
    code, told, fix = why
    side = side_of(batch)
    words = {
        "kind": kind,
        "code": code,
        "told": printable(told, limit=600),
        "fix": fix,
        "suite": batch.suite.name,
        "target": batch.run.target.name,
        "side": side,
        "state": batch.get_state_display(),
        "n_cases": batch.n_cases,
        "spent": f"${batch.spent_usd:.2f}",
        "cap": "" if batch.max_cost_usd is None else f"${batch.max_cost_usd:.2f}",
        "url": side["url"],
        "command": f"manage.py showbatch {batch.pk} --tenant {batch.tenant.slug}",
    }
    data = {**_place(batch), "code": code, "text": words["told"], "url": side["url"]}
    return News(
        kind,
        about,
        suite=batch.suite_id,
        target=batch.run.target_id,
        template="batch",
        words=words,
        data=data,
    )


def _place(batch: Batch) -> dict[str, Any]:
    return {
        "tenant": batch.tenant.slug,
        "suite": batch.suite.name,
        "target": batch.run.target.name,
        "run": batch.run.name,
        "client_type": batch.run.client_type,
        "client_version": batch.run.client_version,
        "batch": str(batch.pk),
    }


def _finding(comparison: Comparison) -> dict[str, Any]:
    found = headline(comparison)
    names = ("metric", "before", "after", "effect", "effect_low", "effect_high", "p_value")
    counts = ("n_pairs", "worse", "better", "left_out")
    return {name: getattr(found, name) for name in (*names, *counts)}
