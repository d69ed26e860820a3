"""A submission and a part of it that another entity does."""

from datetime import timedelta

from router.cases.model import Assignment
from router.sub_cases import decisions as sub_cases

from tests.support.router import A_SUBMISSION, NOW, an_assignment

LATER = NOW + timedelta(hours=1)
PART = sub_cases.id_of(A_SUBMISSION, 1)


def opened(before: Assignment | None = None) -> tuple[Assignment, Assignment]:
    """The parent and its part."""
    parent, part = sub_cases.open_sub_case(
        A_SUBMISSION, before or an_assignment(), "ewa", "Can the cable be laid lower?", "officer.works", 1, NOW
    )
    assert part is not None
    return parent.state, part.state
