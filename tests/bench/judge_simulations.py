"""Looking after every case, correcting a judge, measuring agreement: do they hold what they say?

`python tests/bench/judge_simulations.py [--rounds 2000] [--only WORD]` prints a table to stderr and
one JSON line to stdout. Seeds are fixed: the same rounds give the same figures.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from evalsite.stats.agreement import cohen_kappa, gwet_ac1, krippendorff_alpha
from evalsite.stats.corrected_mean import corrected_mean
from evalsite.stats.intervals import effective_wilson
from evalsite.stats.sequence import first_settled

Random = np.random.Generator
Row = dict[str, float]
LOOKS = 2_000

# Of two raters, the share of each pair of ratings.
TABLES = {
    "two alike": [[0.45, 0.05], [0.05, 0.45]],
    "one is rare": [[0.8, 0.06], [0.04, 0.1]],
    "one is very rare": [[0.92, 0.03], [0.03, 0.02]],
    "three": [[0.3, 0.05, 0.02], [0.06, 0.2, 0.05], [0.02, 0.05, 0.25]],
}
# A judge: how many are good, how many of the good and of the bad it tells so.
JUDGES = {
    "usual": (0.7, 0.9, 0.8),
    "lenient": (0.9, 0.95, 0.7),
    "hardly errs": (0.8, 0.99, 0.99),
    "guesses": (0.7, 0.5, 0.5),
    "errs one way": (0.85, 0.995, 0.6),
}


def pass_or_fail(random: Random, *, changed: float, effect: float = 0.0) -> list[float]:
    """Differences -1, 0, 1 of which so many are not 0."""
    shares = random.random(LOOKS)
    gained, lost = (changed + effect) / 2, (changed - effect) / 2
    found = np.where(shares < gained, 1.0, np.where(shares < gained + lost, -1.0, 0.0))
    return list(found.tolist())


def skewed(random: Random, *, effect: float = 0.0) -> list[float]:
    """Differences with a long tail upwards."""
    return list((random.beta(1, 4, LOOKS) * 0.9 - 0.18 + effect).tolist())


def looking(draw: Callable[[Random], list[float]], *, threshold: float, seed: int, n: int) -> Row:
    """Look after each of 2,000 cases; beside it an ordinary t of 1.96 looked at from the 15th."""
    random, ends, plain = np.random.default_rng(seed), [], 0
    for _ in range(n):
        run = draw(random)
        ends.append(first_settled(run, threshold=threshold))
        values, cases = np.array(run) - threshold, np.arange(1, LOOKS + 1)
        mean = values.cumsum() / cases
        spread = np.sqrt(np.maximum(1e-12, (values**2).cumsum() / cases - mean**2))
        plain += int((np.abs(mean) / spread * np.sqrt(cases) > 1.96)[14:].any())
    cases_run = [LOOKS if end is None else end[0] for end in ends]
    return {
        "above": sum(end is not None and end[1] == "above" for end in ends) / n,
        "below": sum(end is not None and end[1] == "below" for end in ends) / n,
        "mean_cases": float(np.mean(cases_run)),
        "ordinary_settles": plain / n,
    }


def correcting(judge: tuple[float, float, float], *, labels: int, seed: int, n: int) -> Row:
    """Correct a judge's 1,000 scores by so many labels; beside it the labels alone."""
    random, held, alone_held, widths = np.random.default_rng(seed), 0, 0, []
    rate, catches, clears = judge
    for _ in range(n):
        good = random.random(labels + 1_000) < rate
        says = good == (random.random(len(good)) < np.where(good, catches, clears))
        people, scores = good[:labels].astype(float), says.astype(float).tolist()
        pairs = list(zip(people.tolist(), scores[:labels], strict=True))
        low, high = corrected_mean(pairs, scores[labels:]).interval or (0.0, 1.0)
        se = float(people.std(ddof=1)) / labels**0.5
        alone = effective_wilson(float(people.mean()), se=se, n=labels)
        held += low <= rate <= high
        alone_held += alone.low <= rate <= alone.high
        widths.append((high - low) / (alone.high - alone.low))
    ratio = float(np.mean(widths))
    return {"covers": held / n, "labels_alone": alone_held / n, "width_ratio": ratio}


def correcting_a_difference(*, labels: int, seed: int, n: int) -> Row:
    """Correct what a judge says of two systems' difference: passed now minus passed before."""
    random, held, found = np.random.default_rng(seed), 0, 0
    for _ in range(n):
        good = random.random((labels + 1_000, 2)) < (0.7, 0.78)
        # The judge is kinder to the second: what comparing its means alone would take for progress.
        says = good == (random.random(good.shape) < np.where(good, (0.9, 0.95), (0.8, 0.7)))
        truth, seen = ((side[:, 1].astype(float) - side[:, 0]).tolist() for side in (good, says))
        pairs = list(zip(truth[:labels], seen[:labels], strict=True))
        low, high = corrected_mean(pairs, seen[labels:], bounds=(-1, 1)).interval or (-1.0, 1.0)
        held += low <= 0.08 <= high
        found += low > 0
    return {"covers": held / n, "above_0": found / n}


def agreeing(table: Any, *, units: int, seed: int, n: int) -> Row:
    """Measure how two raters agree in so many units; the share of intervals that hold the truth."""
    random, shares = np.random.default_rng(seed), np.array(table)
    kinds, held, defined = len(shares), dict.fromkeys(MEASURES, 0), dict.fromkeys(MEASURES, 0)
    whole = [divmod(i, kinds) for i, s in enumerate(shares.ravel()) for _ in range(round(s * 100))]
    # The shares themselves, as units: so many that alpha's correction for few is nothing.
    truths = {name: measure(whole * 50, kinds) for name, measure in MEASURES.items()}
    for _ in range(n):
        cells = random.choice(kinds * kinds, size=units, p=shares.ravel())
        pairs = [divmod(int(cell), kinds) for cell in cells]
        for name, measure in MEASURES.items():
            result, truth = measure(pairs, kinds), truths[name].coefficient
            if result.interval is not None:
                defined[name] += 1
                held[name] += result.interval.low <= truth <= result.interval.high
    return {name: held[name] / defined[name] for name in MEASURES}


MEASURES: dict[str, Callable[[list[tuple[int, int]], int], Any]] = {
    "kappa": lambda pairs, _: cohen_kappa(*zip(*pairs, strict=True)),
    "quadratic": lambda pairs, kinds: cohen_kappa(
        *zip(*pairs, strict=True), weights="quadratic", categories=range(kinds)
    ),
    "ac1": lambda pairs, kinds: gwet_ac1(pairs, categories=range(kinds)),
    "alpha": lambda pairs, _: krippendorff_alpha(pairs),
    "ordinal": lambda pairs, _: krippendorff_alpha(pairs, level="ordinal"),
}


def experiments() -> Iterator[tuple[str, Callable[..., Row]]]:
    """Name each experiment, and how it is run with a seed and n rounds."""
    yield "looks, no effect, 5 % change", _looking(partial(pass_or_fail, changed=0.05))
    yield "looks, no effect, 40 % change", _looking(partial(pass_or_fail, changed=0.4))
    yield "looks, no effect, skewed", _looking(skewed)
    at_margin = partial(pass_or_fail, changed=0.2, effect=-0.05)
    yield "looks, at the margin of 5 points", _looking(at_margin, threshold=-0.05)
    for effect in (0.03, 0.1, 0.2):
        draw = partial(pass_or_fail, changed=0.25, effect=-effect)
        yield f"looks, worse by {effect:.0%}", _looking(draw)
    for name, judge in JUDGES.items():
        for labels in (15, 30, 100, 300):
            yield f"corrected, {name}, {labels} labels", partial(correcting, judge, labels=labels)
    for labels in (30, 100, 300):
        run = partial(correcting_a_difference, labels=labels)
        yield f"corrected, of a difference, {labels} labels", run
    for name, table in TABLES.items():
        for units in (30, 100, 1_000):
            yield f"agreement, {name}, {units} units", partial(agreeing, table, units=units)


def _looking(draw: Callable[[Random], list[float]], threshold: float = 0.0) -> Callable[..., Row]:
    return partial(looking, draw, threshold=threshold)


def main() -> None:
    """Run them, and print one JSON line on stdout and a table on stderr."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2_000)
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    report = {}
    for name, run in experiments():
        if asked.only in name:
            report[name] = run(seed=zlib.crc32(name.encode()), n=asked.rounds)
            figures = "  ".join(f"{key} {value:.4g}" for key, value in report[name].items())
            print(f"{name:38} {figures}", file=sys.stderr, flush=True)
    print(json.dumps({"rounds": asked.rounds, "experiments": report}))


if __name__ == "__main__":
    main()
