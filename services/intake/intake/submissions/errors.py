"""What is answered instead of what was asked, each named for what it means to who asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.events.directory import Elsewhere

from intake.attachments.model import Unusable
from intake.submissions.life import Status


class Refused(Exception):
    """Nothing was done, or, with SendAgain, nobody knows yet."""


class NotPossible(Refused):
    """The table has no such command in this status."""

    def __init__(self, status: Status, command: str) -> None:
        super().__init__(f"{command} while {status}")
        self.status = status
        self.command = command


class QuestionNotOpen(Refused):
    """Answered, withdrawn, or its time has passed."""


class EnoughAdded(Refused):
    """Answers to questions are welcome all the same."""


class NotToBePublished(Refused):
    """Its author did not agree, or what was asked does not follow on what was decided before."""

    def __init__(self, shown: str | None, command: str) -> None:
        super().__init__(f"{command} while {shown}")
        self.shown = shown
        self.command = command


class NeverPublic(Refused):
    """Of this category nothing is published, whoever agrees."""


class PhotosNotAgreedTo(Refused):
    """Its author agreed when the agreement did not speak of photos."""


class NotHeld(Refused):
    """It is not held, or somebody has decided already."""


class NothingOfThisKind(Refused):
    """What should stand on the abuse list is no mail address, domain, phone number or phrase."""


class ListIsFull(Refused):
    """The abuse list has an end: every filing is compared with all of it."""


class EnoughFollowers(Refused):
    """They are stored with the submission."""


class DecidedTooOften(Refused):
    """The history of one publication has an end."""


class NotForThisSystem(Refused):
    """The category is a notice: somebody else is to be called."""

    def __init__(self, elsewhere: Elsewhere) -> None:
        super().__init__(elsewhere.phone or "")
        self.elsewhere = elsewhere


class ReopenedBefore(Refused):
    pass


class TooLateToReopen(Refused):
    def __init__(self, within: timedelta) -> None:
        super().__init__(f"after {within.days} days")
        self.within = within


class ReopenFirst(Refused):
    """An appeal is heard after the entity was given a second chance."""


class AppealedBefore(Refused):
    """The central office has decided, and once is for good."""


class TooLateToAppeal(Refused):
    def __init__(self, within: timedelta) -> None:
        super().__init__(f"after {within.days} days")
        self.within = within


@dataclass(frozen=True)
class FileFault:
    """`number` is the file's place among those sent, from 0; `name` what it is called, as it was sent."""

    number: int
    name: str
    why: Unusable


class FilesRefused(Refused):
    """None of the files was kept."""

    def __init__(self, faults: Sequence[FileFault]) -> None:
        super().__init__(", ".join(fault.why for fault in faults))
        self.faults = tuple(faults)


class NoFile(Refused):
    pass


class TooManyFiles(Refused):
    def __init__(self, most: int) -> None:
        super().__init__(f"more than {most}")
        self.most = most


class ScannerAway(Refused):
    """Nobody can say whether the files are clean; they were not kept."""


class PersonForgotten(Refused):
    """Its author was erased: nothing can be said about it any more."""


class LinkNotUsable(Refused):
    """No link of a mail that asks to confirm an address, or the address is gone from the submission."""


class NothingToConfirm(Refused):
    """There is no address, or it is confirmed, or whoever reads mail there said that it is not theirs."""


class AskedJustNow(Refused):
    """The mail that asks may still be on its way."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"for {wait}")
        self.wait = wait


class AskedOftenEnough(Refused):
    """It could be a stranger's address."""


class NotYourChannel(Refused):
    """It speaks for others, which is for officials."""


class UseAnotherKey(Refused):
    """The Idempotency-Key belongs to another request."""


class TryAgain(Refused):
    """Nothing was stored."""


class SendAgain(Refused):
    """It may be stored: the same key again finds out, and files nothing twice."""
