"""The OpenAPI document with good requests in it: the ids of rows that are there, and their bodies.

A fuzzer that knows no ids would only ever see 404.
"""

from __future__ import annotations

import json
from typing import Any

from drf_spectacular.generators import SchemaGenerator

from tests.api.all_rows import row_of
from tests.api.given import given_for
from tests.api.routes import routes
from tests.api.rows import NDJSON, Given, Row


def seeded_schema() -> dict[str, Any]:
    """Make a good request's rows for every route, in the scope, and put them into the document."""
    make: Any = SchemaGenerator
    schema: dict[str, Any] = make().get_schema(request=None, public=True)
    for route in routes():
        row = row_of(route)
        given = given_for(route, row)
        operation = schema["paths"][route.address][route.method]
        _seed_parameters(operation, given=given, query=row.query(given))
        if row.body is not None:
            _seed_body(operation, row=row, given=given)
    return json.loads(json.dumps(schema, default=str))  # type: ignore[no-any-return]


def _seed_parameters(operation: dict[str, Any], *, given: Given, query: dict[str, str]) -> None:
    known = {("id" if name == "pk" else name): str(row.pk) for name, row in given.items()}
    for parameter in operation.get("parameters", []):
        name, place = parameter["name"], parameter["in"]
        value = (
            known.get(name) if place == "path" else query.get(name) if place == "query" else None
        )
        if value is not None:
            parameter["example"] = value


def _seed_body(operation: dict[str, Any], *, row: Row, given: Given) -> None:
    body: Any = row.body(given) if row.body else None
    if row.content_type == NDJSON:
        body = "".join(json.dumps(line, default=str) + "\n" for line in body)
    content = operation["requestBody"]["content"][row.content_type]
    content.pop("example", None)
    content["examples"] = {"seeded": {"value": body}}
