"""What a planned batch will ask of models, and what that costs: told before it runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from evalsite.batches.models import Batch, Chunk, Step
from evalsite.calls.price import Tariff, tariff_of
from evalsite.pipeline.foresee_calls import foresee_calls
from packs.forecast import Foreseen, Span

_MEASURES = ("calls", "tokens_in", "tokens_out", "usd")


def forecast(batch: Batch) -> dict[str, Any]:
    """Answer what the batch as planned will do, as plain JSON; nothing in it is a promise.

    `expected` is when all goes well, `at_most` with every repair and the longest replies. Money is
    in US dollars; what is not known is None there, and said in `unknown`.
    """
    asks = [_ask(foreseen) for foreseen in foresee_calls(batch)]
    return {
        "event": "forecast",
        "suite": batch.suite.name,
        "suite_version": batch.suite_version,
        "run": batch.run.name,
        "n_cases": batch.n_cases,
        "repetitions": batch.repetitions,
        "stages": [stage["name"] for stage in batch.manifest["stages"]],
        "chunks": Chunk.objects.filter(step__in=Step.objects.filter(batch=batch)).count(),
        "asks": asks,
        **{measure: _total(ask[measure] for ask in asks) for measure in _MEASURES},
        "unknown": list(dict.fromkeys(text for ask in asks for text in _unknown(ask))),
    }


def in_words(plan: dict[str, Any]) -> str:
    """Say the same to a person."""
    first = (
        f"would score {plan['n_cases']} cases x {plan['repetitions']} of {plan['suite']} "
        f"v{plan['suite_version']} for run {plan['run']} in {plan['chunks']} chunks; "
        f"stages: {', '.join(plan['stages'])}."
    )
    lines = [first]
    for ask in plan["asks"]:
        lines.append(f"  {ask['stage']}: {_asked(ask)}, {_money(ask['usd'])} ({_price(ask)})")
    if len(plan["asks"]) > 1:
        lines.append(f"  in all: {_asked(plan)}, {_money(plan['usd'])}")
    lines += [f"  not known: {text}" for text in plan["unknown"]]
    return "\n".join([*lines, "Nothing was written."])


def _ask(foreseen: Foreseen) -> dict[str, Any]:
    tariff = tariff_of(foreseen.model, endpoint=foreseen.endpoint)
    return {
        "stage": foreseen.stage,
        "judge": foreseen.judge,
        "model": foreseen.model,
        "endpoint": foreseen.endpoint,
        "counted": foreseen.counted,
        "price": tariff.source if tariff else None,
        "calls": _span(foreseen.calls),
        "tokens_in": _span(foreseen.tokens_in),
        "tokens_out": _span(foreseen.tokens_out),
        "usd": {
            "expected": _usd(foreseen, tariff, bound="expected"),
            "at_most": _usd(foreseen, tariff, bound="at_most"),
        },
    }


def _span(span: Span) -> dict[str, int | None]:
    most = span.at_most
    return {"expected": round(span.expected), "at_most": None if most is None else round(most)}


def _usd(foreseen: Foreseen, tariff: Tariff | None, *, bound: str) -> float | None:
    """Price the calls as so many of average length."""
    calls, asked, answered = (
        getattr(span, bound) for span in (foreseen.calls, foreseen.tokens_in, foreseen.tokens_out)
    )
    if tariff is None or not calls:
        return 0.0 if tariff else None
    replied = None if answered is None else round(answered / calls)
    one = tariff.cost(tokens_in=round(asked / calls), tokens_out=replied)
    return None if one is None else float(one * round(calls))


def _total(spans: Iterable[dict[str, float | None]]) -> dict[str, float | None]:
    """Add up; a sum with an unknown part is unknown."""
    rows = list(spans)
    return {bound: _sum([row[bound] for row in rows]) for bound in ("expected", "at_most")}


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _unknown(ask: dict[str, Any]) -> Iterable[str]:
    if not ask["counted"]:
        yield f"how often judge {ask['judge']} asks; one call a case is assumed"
    if ask["price"] is None:
        yield f"the price of model {ask['model'] or '(default)'} at {_place(ask)}"
    if ask["tokens_out"]["at_most"] is None:
        yield f"how long a reply of model {ask['model'] or '(default)'} may be"


def _asked(ask: dict[str, Any]) -> str:
    calls, given, replied = ask["calls"], ask["tokens_in"], ask["tokens_out"]
    return f"{_range(calls)} calls, {_range(given)} tokens in, {_range(replied)} tokens out"


def _range(span: dict[str, int | None]) -> str:
    expected, most = span["expected"], span["at_most"]
    if most is None:
        return f"{expected:,} or more"
    return f"{expected:,}" if expected == most else f"{expected:,} to {most:,}"


def _money(usd: dict[str, float | None]) -> str:
    if usd["expected"] is None:
        return "cost unknown"
    most = "no bound" if usd["at_most"] is None else f"at most ${usd['at_most']:,.4f}"
    return f"about ${usd['expected']:,.4f}, {most}"


def _price(ask: dict[str, Any]) -> str:
    return f"{ask['model'] or 'default model'} at {_place(ask)}: {ask['price'] or 'no price'}"


def _place(ask: dict[str, Any]) -> str:
    return str(ask["endpoint"] or "the default endpoint")
