"""To an address or number that nobody has confirmed yet: the first goes out and asks, the rest is withheld. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from notifier.notifications.model import Notification, State
from notifier.notifications.outcomes import Outcome

ASKING = {"received": "received-to-confirm", "following": "following-to-confirm", "confirm-again": "confirm-again"}
"""The templates for an unconfirmed address: they say less and contain the confirmation link."""

ASKS_A_NUMBER = "confirm-again"
"""The template that replaces the first message to a number; later messages ask for the mail address."""

ONLY_ASKS = frozenset({ASKS_A_NUMBER})
"""Has nothing to say to an address that is confirmed."""

UNCONFIRMED = "unconfirmed"
"""Why it is withheld, and why it was cancelled where nobody ever confirmed."""

OVERTAKEN = "overtaken"

WORDS = frozenset(
    {"answered", "declined", "appeal-upheld", "appeal-dismissed", "followed-answered", "followed-declined"}
)
"""Templates that carry what was decided, to its author in the words of who decided."""

QUESTION = "question-asked"


LOOK_AGAIN = timedelta(hours=6)
"""A confirmation releases what waits for it; looking again by itself only mends a lost one."""


def withheld(notification: Notification, withheld_for: timedelta, now: datetime) -> Outcome:
    """Until the address is confirmed, or given up when that has taken too long."""
    next_at = min(notification.event_at + withheld_for, now + LOOK_AGAIN)
    return Outcome(notification, State.WITHHELD, UNCONFIRMED, next_at=next_at)


def still_matters(waiting: Sequence[Notification], state: str | None) -> set[str]:
    """The ids of what is sent when the address is confirmed: where it stands, and what was decided last.

    `state` is where the submission is now. A question that is not open any more asks for nothing, and who withdrew
    wants to hear nothing: the rest is overtaken, and stands on the tracking page.
    """
    if state == "withdrawn":
        return set()
    # What happened in the same millisecond: a decision says more.
    in_order = sorted(waiting, key=lambda each: (each.event_at, each.template in WORDS))
    asked = [each for each in in_order if each.template != QUESTION or state == "awaiting_citizen"]
    newest = asked[-1:]
    decided = [each for each in in_order if each.template in WORDS][-1:]
    return {each.id for each in (*newest, *decided)}
