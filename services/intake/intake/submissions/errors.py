"""Reasons why a command is refused. `http.problems` converts them to responses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.events.directory import Elsewhere

from intake.attachments.model import Unusable
from intake.submissions.life import Status


class Refused(Exception):
    """The command had no effect; with SendAgain the effect is unknown."""


class NotFound(Refused):
    """There is no such thing, or the caller must not learn that there is one."""


class NotAllowed(Refused):
    """The caller may know of it but not do this; `reason` is the label under which refusals are counted."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ChangedMeanwhile(Refused):
    """Somebody else changed it between the caller's reading and the caller's decision."""


class VersionDiffers(Refused):
    """The `If-Match` header names another version than the stored one."""


class NotPossible(Refused):
    """The state table does not allow the command in this status."""

    def __init__(self, status: Status, command: str) -> None:
        super().__init__(f"{command} while {status}")
        self.status = status
        self.command = command


class QuestionNotOpen(Refused):
    """The question was answered or withdrawn, or its time has passed."""


class EnoughAdded(Refused):
    """The limit of additions is reached; answers to questions do not count."""


class NotToBePublished(Refused):
    """The author did not agree, or the transition does not follow from the current state."""

    def __init__(self, shown: str | None, command: str) -> None:
        super().__init__(f"{command} while {shown}")
        self.shown = shown
        self.command = command


class NeverPublic(Refused):
    """The category is never public."""


class PhotosNotAgreedTo(Refused):
    """The author agreed before the agreement mentioned photos."""


class NotHeld(Refused):
    """The submission is not held, or a moderator has decided already."""


class NothingOfThisKind(Refused):
    """The value is no mail address, domain, phone number or phrase, as its kind requires."""


class ListIsFull(Refused):
    """The abuse list is limited, because every filing is compared with all of it."""


class EnoughFollowers(Refused):
    """The number of followers is limited, because they are stored with the submission."""


class DecidedTooOften(Refused):
    """The history of one publication is limited."""


class NotForThisSystem(Refused):
    """The category is handled elsewhere; the notice says whom to call."""

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
    """An appeal requires a second answer of the entity."""


class AppealedBefore(Refused):
    """The central office has decided on an appeal already."""


class TooLateToAppeal(Refused):
    def __init__(self, within: timedelta) -> None:
        super().__init__(f"after {within.days} days")
        self.within = within


@dataclass(frozen=True)
class FileFault:
    """`number` is the file's position among those sent, from 0; `name` is its name as sent."""

    number: int
    name: str
    why: Unusable


class FilesRefused(Refused):
    """None of the files was stored."""

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
    """The scanner gave no answer; the files were not stored."""


class PersonForgotten(Refused):
    """The author's data was erased, so no command is possible."""


class LinkNotUsable(Refused):
    """The link's code is wrong, or the address was removed from the submission."""


class NothingToConfirm(Refused):
    """There is no unconfirmed address, or its reader said that it is not theirs."""


class AskedJustNow(Refused):
    """The previous confirmation message may still be under way."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"for {wait}")
        self.wait = wait


class AskedOftenEnough(Refused):
    """The limit of confirmation messages is reached; the address may be a stranger's."""


class NotYourChannel(Refused):
    """Only officials may use this channel, as it speaks for others."""


class UseAnotherKey(Refused):
    """The Idempotency-Key was used for another request."""


class TryAgain(Refused):
    """Nothing was stored; the client may try again."""


class SendAgain(Refused):
    """The result is unknown; sending the same key again finds out, without filing twice."""
