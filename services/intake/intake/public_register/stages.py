"""The three stages by which the public finds submissions."""

from enum import StrEnum

from intake.submissions.life import ANSWERED, UNDER_WAY, Status


class Stage(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    REFUSED = "refused"


STAGES = {
    Stage.OPEN: UNDER_WAY | {Status.MERGED},
    Stage.ANSWERED: ANSWERED | {Status.CLOSED},
    Stage.REFUSED: frozenset({Status.DECLINED, Status.REJECTED}),
}
