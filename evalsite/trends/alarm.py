"""When a tenant is told of a shift: the rule for many series, each looked at again and again.

Both make false alarms. A series of 100 versions that is tested after each at 5 % alarms falsely
in most cases, and of 1,000 series tested once at 5 % 50 do. So:

1. Evidence instead of tests: `stats.change_evidence` grows by 1 a quiet version on average, looked
   at as often as one likes. It reaches c within HORIZON quiet versions in at most HORIZON / c of
   all cases, which makes HORIZON / evidence a p value for all these looks together.
2. Benjamini-Hochberg over these p values of all the tenant's series.
3. After an alarm the series starts anew, with the versions since the shift.

So of a tenant's alarms at most a share of RATE is false, and a tenant whose series are all quiet is
told of any shift within HORIZON versions with a probability of at most RATE.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from evalsite.stats.corrections import benjamini_hochberg

RATE: Final = 0.05
HORIZON: Final = 100


def p_value(evidence: float) -> float:
    """Answer what evidence is worth as a p value, for all looks at HORIZON versions together."""
    return min(1.0, HORIZON / evidence) if evidence > 0 else 1.0


def corrected(evidence: Sequence[float]) -> list[float]:
    """Answer each series' p value, corrected for being one of so many; up to RATE is an alarm."""
    return benjamini_hochberg([p_value(each) for each in evidence])
