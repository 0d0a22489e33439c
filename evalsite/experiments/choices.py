"""The words that experiments are declared and decided in."""

from __future__ import annotations

from django.db import models


class Metric(models.TextChoices):
    """What an experiment may be decided on; `success` is the share of tasks that passed."""

    SCORE = "score"
    SUCCESS = "success"
    LATENCY_MS = "latency_ms"
    COST_USD = "cost_usd"
    TOKENS_USED = "tokens_used"


UNITS = {
    Metric.SCORE: "share",
    Metric.SUCCESS: "share",
    Metric.LATENCY_MS: "ms",
    Metric.COST_USD: "USD",
    Metric.TOKENS_USED: "tokens",
}
# Metrics from 0 to 1, more is better; of all others less is.
BOUNDED = (Metric.SCORE, Metric.SUCCESS)


class Claim(models.TextChoices):
    """What must be shown before a variant is deployed."""

    NON_INFERIORITY = "non_inferiority", "Not worse by the margin"
    SUPERIORITY = "superiority", "Better by more than the margin"


class ExperimentState(models.TextChoices):
    """An open experiment takes results; a closed one was given up."""

    OPEN = "open"
    DECIDED = "decided"
    CLOSED = "closed"


class Group(models.TextChoices):
    """What is, and what may come."""

    BASELINE = "baseline"
    VARIANT = "variant"


class Side(models.TextChoices):
    """On which side of the threshold the mean was found to lie."""

    OPEN = "", "Not settled"
    ABOVE = "above"
    BELOW = "below"


class Verdict(models.TextChoices):
    """What to do about the variant."""

    DEPLOY = "deploy"
    REJECT = "reject"
    NEEDS_REVIEW = "needs_review"
