"""How often what is dear is counted."""

import pytest
from shared.operations.sampling_interval import pause_after


@pytest.mark.parametrize(
    ("took", "least", "pause"), [(0.1, 5, 5), (0.1, 15, 15), (2, 5, 40), (2, 15, 40), (30, 5, 60), (30, 15, 60)]
)
def test_a_slow_counting_takes_a_twentieth_of_the_time_and_none_waits_for_more_than_a_minute(
    took: float, least: float, pause: float
) -> None:
    assert pause_after(took, least) == pause
