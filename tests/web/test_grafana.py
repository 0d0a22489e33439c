"""The dashboard asks for what there is: each query is run, each metric is looked up."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from django.db import connection
from django.test import Client

from evalsite.batches.models import Batch
from evalsite.env import ROOT
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import nobody
from evalsite.web import metrics
from tests.reported import fill

GRAFANA = ROOT / "docs" / "grafana"
DASHBOARD = json.loads((GRAFANA / "evalsite.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
VARIABLES = DASHBOARD["templating"]["list"]
SOURCES = {"grafana-postgresql-datasource": "rawSql", "prometheus": "expr"}


def queries(kind: str) -> Iterator[tuple[str, str]]:
    """Yield the title and text of each query to one kind of data source."""
    for panel in PANELS:
        for target in panel["targets"]:
            if target["datasource"]["type"] == kind:
                yield panel["title"], target[SOURCES[kind]]
    for variable in VARIABLES:
        if variable["type"] == "query" and variable["datasource"]["type"] == kind:
            yield variable["name"], variable["query"]


def filled_in(sql: str, *, suite: str, target: str) -> str:
    """Put in what Grafana would for its macros and variables."""
    day = "interval '1 day'"
    sql = re.sub(r"\$__timeFilter\((\w+)\)", rf"\1 BETWEEN now() - {day} AND now() + {day}", sql)
    sql = sql.replace("${suite:sqlstring}", f"'{suite}'")
    return sql.replace("${target:sqlstring}", f"'{target}'")


SQL = list(queries("grafana-postgresql-datasource"))
PROMQL = list(queries("prometheus"))


@pytest.mark.parametrize(("title", "sql"), SQL, ids=[title for title, _ in SQL])
def test_each_query_answers(title: str, sql: str, as_acme: Tenant) -> None:
    batch = Batch.objects.select_related("suite", "run__target").get(pk=fill())
    asked = filled_in(sql, suite=batch.suite.name, target=batch.run.target.name)
    assert "$" not in asked
    with connection.cursor() as cursor:
        cursor.execute(asked)
        assert cursor.fetchall(), asked


@pytest.mark.parametrize(("title", "sql"), SQL, ids=[title for title, _ in SQL])
def test_no_query_reads_beside_the_views(title: str, sql: str) -> None:
    assert set(re.findall(r"(?:FROM|JOIN) (\w+)", sql)) == {"reporting"}


def test_each_metric_is_told(as_acme: Tenant) -> None:
    metrics._text.cache_clear()
    with nobody():
        text = Client().get("/metrics").content.decode()
    metrics._text.cache_clear()
    told = set(re.findall(r"^# TYPE (\w+) gauge", text, re.MULTILINE))
    asked = {name for _, promql in PROMQL for name in re.findall(r"evalsite_\w+", promql)}
    assert asked
    assert asked <= told


def test_panels_do_not_lie_over_one_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + i, at["y"] + j) for i in range(at["w"]) for j in range(at["h"])}
        assert not taken & cells, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells


def test_each_panel_has_a_number_of_its_own() -> None:
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(numbers)) == len(numbers)


def test_variables_that_are_used_are_declared() -> None:
    used = set(re.findall(r"\$\{?([a-z]\w*)", json.dumps(DASHBOARD)))
    assert used <= {variable["name"] for variable in VARIABLES}


def provisioned(name: str) -> Any:
    return yaml.safe_load((GRAFANA / "provisioning" / name / "evalsite.yaml").read_text())


def test_data_sources_are_what_the_dashboard_asks_for() -> None:
    sources = provisioned("datasources")["datasources"]
    assert {source["type"] for source in sources} == set(SOURCES)
    choice = next(v for v in VARIABLES if v["name"] == "tenant_source")["regex"].strip("/")
    assert all(re.search(choice, source["name"]) for source in sources)


def test_the_tenants_source_is_its_reader() -> None:
    source = provisioned("datasources")["datasources"][0]
    assert re.fullmatch(r"evalsite_reader_[0-9a-f]{32}", source["user"])
    assert source["secureJsonData"]["password"].startswith("$")


def test_the_dashboard_is_looked_for_in_a_folder() -> None:
    (provider,) = provisioned("dashboards")["providers"]
    assert provider["type"] == "file"
    assert provider["options"]["path"].startswith("/")
