"""deploy/docs/metrics.md and the code say the same of every metric, and no label is without a bound."""

import re
from collections.abc import Iterator

import pytest
from tawasul.stack.paths import REPOSITORY

from tests.contract.services import PACKAGES, create_app, sources
from tests.support.metrics import Metric, bounds, declared

PAGE = (REPOSITORY / "deploy/docs/metrics.md").read_text()
UNITS = {
    *("seconds", "ratio", "boolean", "events", "records", "requests", "connections", "attempts", "documents"),
    *("restarts", "seals", "submissions", "steps", "files", "assignments", "moves", "publications", "clocks"),
    *("batches", "answers", "cases", "notifications", "outcomes", "models", "texts", "announcements"),
    *("parts", "money", "receipts", "reports", "endpoints", "devices"),
}


def _in_code() -> dict[str, list[Metric]]:
    """By the section of the page they belong to."""
    by_section: dict[str, list[Metric]] = {
        service: [metric for _, file in sources(package) for metric in declared(file)]
        for service, package in PACKAGES.items()
    }
    by_section["Every service"] = [metric for _, file in sources("shared") for metric in declared(file)]
    return by_section


def _on_page() -> Iterator[tuple[str, list[str]]]:
    """Section and cells of every row that names a metric."""
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        title, _, body = section.partition("\n")
        for row in re.findall(r"^\| `tawasul_.*$", body, re.MULTILINE):
            yield title.strip(), [cell.strip() for cell in row.strip("|").split("|")]


def _labels_on_page() -> set[str]:
    table = PAGE.partition("## Labels")[2]
    return set(re.findall(r"^\| ([a-z_]+) \|", table, re.MULTILINE))


CODE = _in_code()
ALL = [metric for metrics in CODE.values() for metric in metrics]


def test_the_page_has_every_metric_in_its_section_with_its_type_and_labels() -> None:
    page = {(section, cells[0].strip("`"), cells[1], cells[3]) for section, cells in _on_page()}
    code = {
        (section, metric.name, metric.kind, ", ".join(metric.labels))
        for section, metrics in CODE.items()
        for metric in metrics
    }
    assert page == code


def test_no_name_is_declared_twice() -> None:
    names = [metric.name for metric in ALL]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_a_name_says_whose_it_is_and_its_unit(metric: Metric) -> None:
    (cells,) = [cells for _, cells in _on_page() if cells[0] == f"`{metric.name}`"]
    unit, meaning = cells[2], cells[4]
    assert unit in UNITS
    assert meaning
    assert metric.help
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    if unit in ("seconds", "ratio") and metric.kind != "counter":
        assert metric.name.endswith(f"_{unit}")
    owner = next((service for service, metrics in CODE.items() if metric in metrics), "")
    if owner in PACKAGES:
        assert metric.name.startswith(f"tawasul_{PACKAGES[owner]}_")


def test_every_label_is_explained_and_bounded() -> None:
    """A new label needs a row on the page, and in tests/support/metrics.py what its values are limited to."""
    used = {label for metric in ALL for label in metric.labels}
    assert _labels_on_page() == used
    app = create_app("intake")
    assert bounds(app, entities=()).keys() == used


@pytest.mark.parametrize("value", ["maryam", "K3MXQPA", "/track/7K3MX-QPA42", "ministry-of-works"])
def test_what_comes_from_people_is_within_no_bound(value: str) -> None:
    """Nor an entity that is in no directory."""
    app = create_app("intake")
    assert [label for label, may_be in bounds(app, entities=()).items() if may_be(value)] == []
