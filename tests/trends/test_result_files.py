"""Exports: whole or not there, safe to open, and flat in memory."""

from __future__ import annotations

import csv
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from evalsite.experiments.models import Experiment, Result
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from evalsite.trends import result_files
from evalsite.trends.result_files import (
    COLUMNS,
    ExportFailed,
    ExportFormatUnknown,
    ParquetMissing,
    export_results,
)
from evalsite.trends.selection import NoResults, Selection
from tests.factories import make_batch, make_result

Record = Callable[..., list[Result]]
FILL = """
    INSERT INTO experiments_result (id, experiment_id, task, "group", version, repetition, score,
        reason, model_version, agent_name, cluster, judged_by, metadata)
    SELECT gen_random_uuid(), %s, 'task ' || n, 'baseline', '1', 0, 0.5, '', '', '', '', '',
        jsonb_build_object('text', repeat('x', 400))
    FROM generate_series(1, %s) n
"""


def fill(experiment: Experiment, n: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FILL, [experiment.pk, n])


def exported(path: Path, **filters: Any) -> list[dict[str, Any]]:
    export_results(Selection(**filters), path)
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return list(csv.DictReader(file))
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_jsonl_tells_each_result_as_it_is(experiment: Experiment, tmp_path: Path) -> None:
    batch = make_batch()
    metadata = {"n": 10**25, "text": "=1+1"}
    result = make_result(experiment=experiment, batch=batch, score=0.25, metadata=metadata)
    (row,) = exported(tmp_path / "r.jsonl")
    assert (row["experiment"], row["task"], row["score"]) == ("prompt", result.task, 0.25)
    assert (row["metadata"], row["success"]) == (metadata, True)
    assert (row["suite"], row["batch"]) == (batch.suite.name, str(batch.pk))


@pytest.mark.parametrize("text", ["=cmd()", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_cell_of_csv_is_a_formula(experiment: Experiment, tmp_path: Path, text: str) -> None:
    make_result(experiment=experiment, task=text, agent_name=text, version=text)
    (row,) = exported(tmp_path / "r.csv")
    assert {row["task"], row["agent_name"], row["version"]} == {f"'{text}"}


def test_numbers_stay_numbers_and_nothing_stays_empty(
    experiment: Experiment, tmp_path: Path
) -> None:
    make_result(experiment=experiment, score=0.1, success=False, latency_ms=1e-05)
    (row,) = exported(tmp_path / "r.csv")
    told = [row[name] for name in ("score", "success", "latency_ms", "cost_usd", "repetition")]
    assert told == ["0.1", "false", "1e-05", "", "0"]


def test_parquet_has_columns_with_types(record: Record, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    record(0.25, None, metadata={"a": 1})
    export_results(Selection(), tmp_path / "r.parquet")
    table = parquet.read_table(tmp_path / "r.parquet")
    assert table.column_names == list(COLUMNS)
    assert table["score"].to_pylist() == [0.25, None]
    assert [str(table.schema.field(n).type) for n in ("score", "success")] == ["double", "bool"]
    assert json.loads(table["metadata"].to_pylist()[0]) == {"a": 1}


def test_parquet_without_its_package_is_told(
    record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(0.5)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ParquetMissing):
        export_results(Selection(), tmp_path / "r.parquet")
    assert list(tmp_path.iterdir()) == []


def test_nothing_selected_leaves_the_file_there_alone(record: Record, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("before")
    with pytest.raises(NoResults):
        export_results(Selection(), path)
    assert path.read_text() == "before"


def test_an_export_that_breaks_leaves_the_file_there_alone(
    record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(0.5, 0.6)
    path = tmp_path / "r.csv"
    path.write_text("before")

    def full(_: object) -> object:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(result_files, "_cell", full)
    with pytest.raises(ExportFailed, match="No space left"):
        export_results(Selection(), path)
    assert [each.name for each in tmp_path.iterdir()] == ["r.csv"]
    assert path.read_text() == "before"


@pytest.mark.parametrize("name", ["r", "r.xls", "csv"])
def test_an_unknown_format_is_refused(record: Record, tmp_path: Path, name: str) -> None:
    record(0.5)
    with pytest.raises(ExportFormatUnknown):
        export_results(Selection(), tmp_path / name)


def test_results_come_in_a_fixed_order_of_this_tenant_only(
    record: Record, tmp_path: Path, globex: Tenant
) -> None:
    record(0.1, 0.2, version="2")
    record(0.3, version="1")
    with tenant(globex.pk):
        make_result(score=0.9)
    assert [row["score"] for row in exported(tmp_path / "r.jsonl")] == [0.3, 0.1, 0.2]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_memory_stays_flat(experiment: Experiment, tmp_path: Path, suffix: str) -> None:
    if suffix == ".parquet":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    fill(experiment, 7_000)
    tracemalloc.start()
    assert export_results(Selection(), tmp_path / f"r{suffix}") == 7_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (tmp_path / f"r{suffix}").stat().st_size > 50_000
    assert peak < 8_000_000
