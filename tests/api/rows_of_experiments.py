"""Good requests to experiments, results, trends, the leaderboard and alerts."""

from __future__ import annotations

from typing import Any, Final

from evalsite.experiments.decide import decide
from tests import factories as make
from tests.api.rows import NDJSON, Given, Row, named, sent
from tests.leaderboard.stood import stood

RESULT: Final = {"task": "t1", "group": "variant", "version": "2.0", "success": True}
SECRET: Final = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


def decidable() -> Given:
    """An experiment with a few results in both groups."""
    experiment = make.make_experiment()
    for group, version in (("baseline", "1.0"), ("variant", "2.0")):
        for task in ("t1", "t2"):
            make.make_result(experiment=experiment, group=group, version=version, task=task)
    return {"experiment_id": experiment}


def decided() -> Given:
    """A decision, as it was frozen."""
    experiment: Any = decidable()["experiment_id"]
    return {"pk": decide(experiment)}


def ranked() -> Given:
    """A suite with a board."""
    suite = make.make_suite()
    stood(suite, "PPF")
    return {"suite": suite}


ROWS: Final[dict[str, Row]] = {
    "post experiments": Row(body=sent(name="prompt-v2", margin=0.02), status=201),
    "patch experiment": Row(body=sent(description="a shorter prompt")),
    "post experiment-close": Row(),
    "post results": Row(body=lambda given: RESULT, status=201),
    "post results-bulk": Row(body=lambda given: [RESULT], content_type=NDJSON),
    "get results-export": Row(entries=1),
    "post experiment-decide": Row(given=decidable, body=sent(), status=201),
    "get decisions": Row(
        given=decidable, fill=lambda given, n: decide(given["experiment_id"]), entries=0
    ),
    "get decision": Row(given=decided, entries=0),
    "post shift-seen": Row(),
    "get leaderboard": Row(
        given=ranked, query=lambda given: {"suite": str(given["suite"])}, entries=0
    ),
    "post webhooks": Row(
        body=sent(name="ci", url="https://ci.example.org/in", secret=SECRET), status=201
    ),
    "patch webhook": Row(body=sent(secret=SECRET)),
    "delete webhook": Row(status=204),
    "post subscriptions": Row(body=sent(email="ann@example.org"), status=201),
    "patch subscription": Row(body=sent(is_muted=True)),
    "delete subscription": Row(status=204),
    "post subscription-test": Row(status=202),
    "post alerts-replay": Row(
        given=named(alert=lambda: make.make_alert(state="sent")),
        body=lambda given: {"ids": [given["alert"].pk]},
    ),
}
