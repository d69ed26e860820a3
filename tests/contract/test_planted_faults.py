"""The planted faults still fit the sources: a list that nobody could plant any more would find nothing missing."""

import ast
from collections import Counter

import pytest
from tawasul.stack.paths import REPOSITORY

from tests.contract.services import PACKAGES
from tests.planted_faults.faults import FAULTS, Fault
from tests.planted_faults.selection import SELECTION
from tests.planted_faults.sources import planted


@pytest.mark.parametrize("fault", FAULTS, ids=range(1, len(FAULTS) + 1))
def test_each_fault_can_be_planted_and_leaves_a_program(fault: Fault) -> None:
    for file, source in planted(fault.edits).items():
        assert source != file.read_text()
        ast.parse(source)


def test_they_are_thirty_and_spread_over_all_services_and_what_they_share() -> None:
    assert len(FAULTS) == len({fault.edits for fault in FAULTS}) == 30
    places = Counter(fault.edits[0].module.split(".")[0] for fault in FAULTS)
    assert places.keys() == {*PACKAGES.values(), "shared"}
    assert min(places.values()) >= 4


def test_the_tests_that_look_for_them_are_there() -> None:
    assert [each for each in SELECTION if not (REPOSITORY / each).is_file()] == []
