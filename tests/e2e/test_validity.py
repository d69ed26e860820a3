"""The pages of all stories before, as the server sent them."""

from pathlib import Path

import pytest

from tests.e2e.served import faults


def test_every_page_that_was_looked_at_is_valid_html(html: Path, validator: Path) -> None:
    """Runs last."""
    if not list(html.iterdir()):
        pytest.skip("NO PAGE WAS VALIDATED: no story that looks at one was told in this run")
    assert faults(validator, html) == []
