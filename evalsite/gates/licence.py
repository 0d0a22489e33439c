"""Which model judges of a comparison hold no licence: see docs/calibration.md."""

from __future__ import annotations

from collections.abc import Iterator

from evalsite.calibration.agreement import versions_of
from evalsite.calibration.licence import Demand, Licences
from evalsite.gates.spec import GateSpec, JudgeLicence
from evalsite.regressions.models import Comparison


def unlicensed(spec: GateSpec, comparison: Comparison) -> Iterator[str]:
    """Yield which judge of either batch lacks what, one text for each version that lacks anything.

    Where the gate names stages, only their judges need a licence.
    """
    wanted = spec.judge_licence
    if wanted is None:
        return
    judges = [
        version
        for version in versions_of([comparison.batch, comparison.baseline])
        if not wanted.stages or version.stage in wanted.stages
    ]
    if judges:
        licences = Licences.under(_demand(wanted))
        for version in judges:
            if lack := licences.lacks(version):
                yield f"judge {version} holds no licence: {lack}"


def _demand(wanted: JudgeLicence) -> Demand:
    return Demand(
        min_labels=wanted.min_labels,
        min_kappa_lower=wanted.min_kappa_lower,
        min_agreement_lower=wanted.min_agreement_lower,
        max_age_days=wanted.max_age_days,
        drawn=wanted.drawn_only,
    )
