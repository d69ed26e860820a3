"""The cases of which the figures of the desk's lists are made are what the service would have stored."""

from datetime import UTC, datetime

from router.cases.life import OVER
from router.cases.model import Assignment
from router.duplicates.likeness import traits_of
from shared.reference.likeness import keys

from tests.benchmarks.cases import NOWHERE, cases

NOON = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def test_a_case_has_the_signs_keys_and_area_that_the_service_finds() -> None:
    stored = list(cases(range(40), 20, NOON))
    assert stored == list(cases(range(40), 20, NOON)), "always the same"
    for document in stored:
        state = Assignment.model_validate(document["state"])
        assert state.submission is not None
        where = NOWHERE.where(state.submission)
        assert state.area == (where.area or "")
        assert state.signs == NOWHERE.findable_by(state.submission, where)
        assert state.like == keys(traits_of(state, {}))
        assert (state.found_over is not None) == (state.state in OVER)
