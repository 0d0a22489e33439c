"""Good requests to batches, comparisons, baselines and gates."""

from __future__ import annotations

from typing import Any, Final

from evalsite.gates.ask import ask
from evalsite.regressions.compare import compare_with
from evalsite.regressions.models import Comparison
from tests import factories as make
from tests.api.rows import Given, Row, named, sent
from tests.leaderboard.stood import stood
from tests.schedule_rows import make_schedule


def to_be_scored() -> Given:
    """A suite of one case, and a run that answers it."""
    case = make.make_case(suite=make.make_suite())
    make.make_revision(case=case)
    run = make.make_run()
    make.make_output(run=run, case=case)
    return {"suite": case.suite, "run": run}


def scored() -> Given:
    """Two finished batches of one suite; the second lost a case."""
    suite, target = make.make_suite(), make.make_target()
    before, after = (
        stood(suite, cards, run=make.make_run(target=target)) for cards in ("PPPP", "PPPF")
    )
    return {"baseline": before, "batch": after, "gate_id": make.make_gate()}


def errored() -> Given:
    """A finished batch with a case without a verdict."""
    batch = stood(make.make_suite(), "PE")
    return {"pk": batch}


def compared() -> Given:
    """What was found about the two batches."""
    given: dict[str, Any] = {**scored()}
    found = compare_with(given["batch"], given["baseline"])
    Comparison.objects.filter(pk=found.pk).update(is_own=True)
    return {"pk": found, "batch_id": given["batch"]}


def checked() -> Given:
    """A gate's answer."""
    given: dict[str, Any] = {**scored()}
    return {"pk": ask(given["gate_id"], given["batch"], baseline=str(given["baseline"].pk))}


def scheduled() -> Given:
    """A suite, and a target whose recorded outputs are to be sampled."""
    return {"suite": make.make_suite(), "target": make.make_target()}


def pinned(given: Given) -> dict[str, Any]:
    """Ask for the first of the two batches."""
    return {"batch": given["batch"].pk, "baseline": str(given["baseline"].pk)}


def order(given: Given) -> dict[str, Any]:
    """Ask for the run to be scored."""
    return {"suite": str(given["suite"]), "run": str(given["run"])}


ROWS: Final[dict[str, Row]] = {
    "post batches": Row(given=to_be_scored, body=order, status=202),
    "post batch-forecast": Row(given=to_be_scored, body=order, entries=0),
    "post batch-cancel": Row(),
    "post batch-pause": Row(),
    "post batch-resume": Row(
        given=named(pk=lambda: make.make_batch(state="cancelled")), status=202
    ),
    "post batch-retry-errored": Row(given=errored, status=202),
    "get batch-summaries": Row(
        fill=lambda given, n: make.make_summary(
            batch=given["batch_id"], slice_kind="tag", slice_value=f"tag-{n}"
        ),
        entries=0,
    ),
    "get batch-comparison": Row(given=compared, entries=0),
    "get comparison": Row(given=compared, entries=0),
    "get comparison-cases": Row(given=compared, entries=0),
    "get comparison-regressions": Row(
        fill=lambda given, n: make.make_regression(
            comparison=given["comparison_id"], metric=f"stage:{n}"
        ),
        entries=0,
    ),
    "get gate-check": Row(given=checked, entries=0),
    "get gate-check-junit": Row(given=checked, entries=0),
    "get gate-check-markdown": Row(given=checked, entries=0),
    "post comparisons": Row(given=scored, body=pinned, status=201),
    "post baselines": Row(
        given=scored, body=lambda given: {"batch": given["batch"].pk}, status=201
    ),
    "delete baseline": Row(status=204),
    "post gates": Row(body=sent(name="release", **make.GATE), status=201),
    "patch gate": Row(body=sent(note="of every release")),
    "delete gate": Row(status=204),
    "post schedules": Row(
        given=scheduled,
        body=lambda given: {
            **{name: str(given[name]) for name in ("suite", "target")},
            "name": "online",
            "every_seconds": 3600,
            "percent": 5,
        },
        status=201,
    ),
    "patch schedule": Row(body=sent(crontab="30 6 * * 1-5")),
    "delete schedule": Row(status=204),
    "post schedule-pause": Row(),
    "post schedule-resume": Row(given=named(pk=lambda: make_schedule(is_active=False))),
    "post schedule-run": Row(status=201),
    "post gate-ask": Row(given=scored, body=pinned, status=201),
}
