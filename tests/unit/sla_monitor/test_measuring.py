"""How often the clocks are counted."""

import pytest
from sla_monitor.measuring import pause_after


@pytest.mark.parametrize(("took", "pause"), [(0.1, 15), (2, 40), (30, 60)])
def test_a_slow_counting_takes_a_twentieth_of_the_time_and_none_waits_for_more_than_a_minute(
    took: float, pause: float
) -> None:
    assert pause_after(took) == pause
