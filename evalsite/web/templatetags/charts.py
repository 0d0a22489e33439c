"""Charts in templates: `{% load charts %}`, and the style sheet web/css/charts.css."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template

from evalsite.figures import SHARE
from evalsite.web.charts import forest as forests
from evalsite.web.charts import interval_bar as bars
from evalsite.web.charts import ranks as places
from evalsite.web.charts import series as rows
from evalsite.web.charts import sparkline as sparks

register = template.Library()


@register.inclusion_tag("web/charts/interval_bar.svg")
def interval_bar(*ends: float | None) -> dict[str, Any]:
    """Draw a share (0..1) as a dot in its interval."""
    low, value, high = ends
    return {"chart": bars.interval_bar((low, value, high))}


@register.inclusion_tag("web/charts/sparkline.svg")
def sparkline(points: Sequence[sparks.SparkPoint], unit: str = SHARE) -> dict[str, Any]:
    """Draw a series of (value, low, high, name); a value of None is a gap."""
    return {"chart": sparks.sparkline(points, unit=unit)}


@register.inclusion_tag("web/charts/forest.svg")
def forest(
    effects: Sequence[forests.ForestRow], unit: str = SHARE, *, margin: float | None = None
) -> dict[str, Any]:
    """Draw effects of (name, low, effect, high, address) around zero, and a margin."""
    return {"chart": forests.forest(effects, unit=unit, margin=margin)}


@register.inclusion_tag("web/charts/series.svg")
def series(
    points: Sequence[rows.SeriesPoint], changes: Sequence[rows.Change] = (), *, unit: str = SHARE
) -> dict[str, Any]:
    """Draw a series over versions or batches, and where it changed."""
    return {"chart": rows.series(points, changes=changes, unit=unit)}


@register.inclusion_tag("web/charts/ranks.svg")
def ranks(systems: Sequence[places.Ranked]) -> dict[str, Any]:
    """Draw which ranks each system may have."""
    return {"chart": places.ranks(systems)}
