"""What a batch's model calls came to, and how a batch that stopped goes on."""

from __future__ import annotations

import shlex
from decimal import Decimal
from typing import Any

from evalsite.batches.models import Batch
from evalsite.calls.ledger import MONEY_CAP
from evalsite.figures import dollars
from evalsite.quotas.month import MONTH_QUOTA

_FIXES = {
    MONEY_CAP: "go on with a higher --max-cost",
    "paused_by_hand": "resume it when it may go on",
    MONTH_QUOTA: "wait for the next month, or have an operator raise it: manage.py setquota",
    "price_unknown": "set the model's price in the admin, or give the judge max_tokens",
    "endpoint_broken": "mend it with setendpoint, or wait until it answers",
    "endpoint_rate_limited": "wait, and lower its --requests-per-minute",
    "endpoint_unknown": "setendpoint makes one",
    "finish_failed": "mend what the coordinator's log names",
}


def account(batch: Batch) -> dict[str, Any]:
    """Answer the money and the calls as plain JSON, in US dollars; no cap is None.

    `booked_usd` is possibly spent: calls under way, or lost with their worker.
    """
    cap = batch.max_cost_usd
    return {
        "spent_usd": float(batch.spent_usd),
        "booked_usd": float(batch.booked_usd),
        "max_cost_usd": None if cap is None else float(cap),
        "calls": batch.n_calls,
        "unpriced": batch.n_unpriced,
        "cached": batch.n_cached,
    }


def in_words(batch: Batch) -> str:
    """Say the same in a line; empty where no model was asked."""
    if not (batch.n_calls or batch.n_cached or batch.booked_usd):
        return ""
    counts = f"{batch.n_calls} calls, {batch.n_unpriced} of unknown price, {batch.n_cached} cached"
    possibly = f", {dollars(batch.booked_usd)} possibly spent" if batch.booked_usd else ""
    cap = "" if batch.max_cost_usd is None else f", cap {dollars(batch.max_cost_usd)}"
    unknown = batch.n_unpriced and not batch.spent_usd
    spent = "cost unknown" if unknown else dollars(batch.spent_usd)
    return f"models: {spent} ({counts}{possibly}{cap})"


def pause_in_words(batch: Batch) -> str:
    """Say why the batch is paused, and what helps."""
    fix = _FIXES.get(batch.paused_code, "docs/errors.md tells what helps")
    return f"[{batch.paused_code}] {batch.paused_reason} ({fix})"


def resume_command(batch: Batch, *, tenant: str | None = None) -> str:
    """Answer the command that lets the batch go on; at its cap, with twice the cap."""
    command = ["python", "manage.py", "runbatch", "--resume", str(batch.pk)]
    if batch.paused_code == MONEY_CAP and batch.max_cost_usd is not None:
        more = max(2 * batch.max_cost_usd, Decimal("0.01"))
        command += ["--max-cost", f"{more.normalize():f}"]
    if tenant:
        command += ["--tenant", tenant]
    return shlex.join(command)
