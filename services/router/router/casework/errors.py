"""Why a command of an official is refused. `http/refusals.py` says each in words and with a status code."""

from collections.abc import Sequence

from router.cases.life import Move, State
from router.cases.model import Refusal


class DirectoryMissing(Refusal):
    """No directory has been published, so that nothing can be decided."""


class VersionDiffers(Refusal):
    """The case changed since the caller read it."""


class ChangedMeanwhile(Refusal):
    """Another command changed the case at the same moment."""


class MoveNotPossible(Refusal):
    """The table of moves has no such move from the state of the case."""

    def __init__(self, state: State, move: Move) -> None:
        super().__init__(f"{move} from {state}")
        self.state = state
        self.move = move


class UnknownEntity(Refusal):
    def __init__(self, entity: str) -> None:
        super().__init__(entity)
        self.entity = entity


class UnknownCategory(Refusal):
    def __init__(self, category: str) -> None:
        super().__init__(category)
        self.category = category


class SameEntity(Refusal):
    """The entity that was named has the case already."""


class SameCategory(Refusal):
    """The case has this category already."""


class AskingEntity(Refusal):
    """A sub-case cannot go to the entity that asked for it."""


class OfficialRefused(Refusal):
    """Base of the refusals of an official whom the command names."""

    def __init__(self, official: str) -> None:
        super().__init__(official)
        self.official = official


class CannotReadCase(OfficialRefused):
    """A mentioned official does not see the case."""


class CannotBeConfidedTo(OfficialRefused):
    """The official does not work on the case, so that it cannot be confided to them."""


class NotAColleague(OfficialRefused):
    """The official does not work at this entity, or not in this area."""


class EvidenceMissing(Refusal):
    """The category needs evidence and the answer has none."""


class FileNotUsable(Refusal):
    """The command names a file in `field` that officials did not add, or that may not be shown."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class LimitReached(Refusal):
    """Base of the refusals of one more than `most`."""

    def __init__(self, most: int) -> None:
        super().__init__(str(most))
        self.most = most


class TooManySubCases(LimitReached):
    """A case has at most this many sub-cases."""


class TooManyInterimReplies(LimitReached):
    """The entity may give at most this many interim replies."""


class DateTooLate(Refusal):
    """The author may be told to expect the answer at most so many days ahead."""

    def __init__(self, days: int) -> None:
        super().__init__(str(days))
        self.days = days


class SubCasesOpen(Refusal):
    """Other entities have not answered their parts, and the official gave no reason to end the case without them."""

    def __init__(self, references: Sequence[str]) -> None:
        super().__init__(", ".join(references))
        self.references = references


class UnknownReference(Refusal):
    """No case that the caller may see has this reference number."""
