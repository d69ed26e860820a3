"""The facts about the recipients of some notifications, read before each message is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.privacy.contacts import Contact

from notifier.cases.model import Case
from notifier.contacts.store import StoredContact
from notifier.contacts.suppression import Suppressed
from notifier.devices.model import Device
from notifier.notifications.model import Notification
from notifier.notifications.outcomes import Outcome
from notifier.preferences.model import Wishes


@dataclass(frozen=True)
class RecipientFacts:
    """The database's facts about some recipients.

    `contacts`: by key. `suppressed`: addresses that get no messages. `wishes`: the recipient's preferences, by
    notification. `instead`: the outcome of notifications that are not sent now. `members`: the notifications that a
    combined message contains, by its id. `cases`: the cases that these are about. `first_to_number`: ids of the
    notifications that are the first to their number. `opened`: the readable contacts by key. `reached`: the addresses,
    by notification.
    """

    contacts: Mapping[str, StoredContact] = field(default_factory=dict)
    suppressed: Mapping[str, Suppressed] = field(default_factory=dict)
    wishes: Mapping[str, Wishes] = field(default_factory=dict)
    instead: Mapping[str, Outcome] = field(default_factory=dict)
    members: Mapping[str, Sequence[Notification]] = field(default_factory=dict)
    cases: Mapping[str, Case] = field(default_factory=dict)
    first_to_number: frozenset[str] = frozenset()
    opened: Mapping[str, Contact] = field(default_factory=dict)
    reached: Mapping[str, Sequence[str]] = field(default_factory=dict)
    devices: Mapping[str, Device] = field(default_factory=dict)
