"""A small language for Grafana dashboards: what is asked of Prometheus and how it is drawn. The JSON is made here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

SOURCE = {"type": "prometheus", "uid": "prometheus"}
"""As `deploy/grafana/datasources.yaml` names it."""
SCHEMA_VERSION = 39
TAG = "tawasul"
OTHERS = {"type": "dashboards", "tags": [TAG], "asDropdown": True, "title": "Tawasul", "keepTime": True}
"""The way from each screen to the others."""
WIDTH = 24
RATE = "$__rate_interval"
NEWEST = {"calcs": ["lastNotNull"], "fields": "", "values": False}
"""Show only the last value of each series."""

Unit = Literal["s", "ops", "short", "percentunit", "bytes"]
Json = dict[str, Any]


@dataclass(frozen=True)
class Query:
    """`legend` may name labels: `{{service}}`. `job`: who tells it; some are there with Docker alone."""

    expr: str
    legend: str = ""
    job: str = "tawasul"


@dataclass(frozen=True)
class Limits:
    """Green below `warn`, yellow below `bad`, red from there; `falling`: the other way round."""

    warn: float
    bad: float
    falling: bool = False

    def steps(self) -> list[Json]:
        colours = ["red", "yellow", "green"] if self.falling else ["green", "yellow", "red"]
        values = [None, *sorted((self.warn, self.bad))]
        return [{"color": colour, "value": value} for colour, value in zip(colours, values, strict=True)]


@dataclass(frozen=True)
class Panel:
    """`says`: how to read it, shown behind the title."""

    title: str
    says: str
    queries: Sequence[Query]
    unit: Unit = "short"
    limits: Limits | None = None
    width: int = 12
    height: int = 8
    stacked: bool = False

    kind = "timeseries"

    def json(self, id: int, x: int, y: int) -> Json:
        return {
            "id": id,
            "type": self.kind,
            "title": self.title,
            "description": self.says,
            "datasource": SOURCE,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "targets": [
                {
                    "refId": chr(ord("A") + number),
                    "datasource": SOURCE,
                    "expr": query.expr,
                    "legendFormat": query.legend,
                }
                for number, query in enumerate(self.queries)
            ],
            "fieldConfig": {"defaults": self._defaults(), "overrides": []},
            "options": self._options(),
        }

    def _defaults(self) -> Json:
        defaults: Json = {"unit": self.unit, "min": 0}
        if self.limits is not None:
            defaults["thresholds"] = {"mode": "absolute", "steps": self.limits.steps()}
        if self.kind == "timeseries":
            defaults["custom"] = {
                "fillOpacity": 25 if self.stacked else 8,
                "stacking": {"mode": "normal" if self.stacked else "none"},
                "thresholdsStyle": {"mode": "dashed" if self.limits else "off"},
            }
        return defaults

    def _options(self) -> Json:
        return {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}}


@dataclass(frozen=True)
class Number(Panel):
    """One large figure, or one for each label."""

    width: int = 4
    height: int = 5

    kind = "stat"

    def _options(self) -> Json:
        return {"colorMode": "background" if self.limits else "none", "reduceOptions": NEWEST, "graphMode": "none"}


@dataclass(frozen=True)
class Ranking(Panel):
    """A bar for each label, the largest first where the query sorts."""

    kind = "bargauge"

    def _options(self) -> Json:
        return {"orientation": "horizontal", "displayMode": "basic", "reduceOptions": NEWEST}


@dataclass(frozen=True)
class Choice:
    """A variable of the screen: the values of a label."""

    name: str
    metric: str
    label: str

    def json(self) -> Json:
        query = f"label_values({self.metric}, {self.label})"
        return {
            "name": self.name,
            "type": "query",
            "datasource": SOURCE,
            "query": {"query": query, "refId": "values"},
            "definition": query,
            "refresh": 2,
            "sort": 1,
        }


@dataclass(frozen=True)
class Board:
    """`uid` is its address in Grafana and the name of its file. Panels flow from left to right, row by row."""

    uid: str
    title: str
    panels: Sequence[Panel]
    choices: Sequence[Choice] = ()

    def json(self) -> Json:
        return {
            "uid": self.uid,
            "title": self.title,
            "tags": [TAG],
            "schemaVersion": SCHEMA_VERSION,
            "editable": False,
            "refresh": "30s",
            "time": {"from": "now-3h", "to": "now"},
            "timezone": "",
            "links": [OTHERS],
            "templating": {"list": [choice.json() for choice in self.choices]},
            "panels": list(self._placed()),
        }

    def _placed(self) -> list[Json]:
        placed, x, y, tallest = [], 0, 0, 0
        for number, panel in enumerate(self.panels, start=1):
            if x + panel.width > WIDTH:
                x, y, tallest = 0, y + tallest, 0
            placed.append(panel.json(number, x, y))
            x, tallest = x + panel.width, max(tallest, panel.height)
        return placed


def per_second(counter: str, by: str = "") -> str:
    """The rate of a counter, summed over processes."""
    return f"sum by ({by}) (rate({counter}[{RATE}]))" if by else f"sum(rate({counter}[{RATE}]))"


def quantile(share: float, histogram: str, by: str = "") -> str:
    """A quantile of a histogram over all processes."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({labels}) (rate({histogram}_bucket[{RATE}])))"


def half_and_nearly_all(histogram: str, by: str = "") -> tuple[Query, Query]:
    """How long half of it took at most, and 99 % of it; `by` a label for each of its values."""
    named = f"{{{{{by}}}}} " if by else ""
    return (
        Query(quantile(0.5, histogram, by=by), f"{named}half"),
        Query(quantile(0.99, histogram, by=by), f"{named}99 %"),
    )


def or_nought(expr: str) -> str:
    """Drawn as 0 where nothing of it has ever happened: "no data" would look like something that is broken."""
    return f"{expr} or vector(0)"
