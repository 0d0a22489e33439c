"""Keep what a preflight found."""

from __future__ import annotations

from evalsite.trust.configuration import Configuration
from evalsite.trust.models import JudgeTrust
from judges.preflight import Preflight


def record_trust(configuration: Configuration, found: Preflight) -> JudgeTrust:
    """Write what the newest preflight of a configuration found, in place of the one before."""
    trust, _ = JudgeTrust.objects.update_or_create(
        configuration=configuration.digest,
        defaults={
            "judge": configuration.judge,
            "material": dict(configuration.material),
            "is_trusted": found.passed,
            "n_probes": len(found.probes),
            "n_false_passes": found.false_passes,
            "n_false_fails": found.false_fails,
            "findings": found.as_json()["wrong"],
        },
    )
    return trust


def in_words(trust: JudgeTrust) -> str:
    """Say what was found, in one line."""
    return (
        f"judge {trust.judge} let {trust.n_false_passes} wrong answers pass and failed "
        f"{trust.n_false_fails} good ones, of {trust.n_probes} probes"
    )
