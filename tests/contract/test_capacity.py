"""deploy/docs/capacity.md and what was measured say the same, and the model foretells it."""

import pytest
from tawasul.capacity.measured import Measured
from tawasul.capacity.page import PAGE, with_tables


def test_the_model_foretells_what_was_measured_within_a_fifth() -> None:
    known = Measured.read()
    assert known.foretold == pytest.approx(known.saturation, rel=0.2)
    assert known.checked.foretold_cores == pytest.approx(known.checked.measured_cores, rel=0.2)
    assert known.checked.rate not in known.rates


def test_the_page_has_the_tables_that_the_command_computes() -> None:
    page = PAGE.read_text()
    assert with_tables(page, Measured.read()) == page, "tawasul capacity --take"
