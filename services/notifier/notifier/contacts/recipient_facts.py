"""What is known of the recipients of some notifications, before each is made ready."""

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
    """What stands in the database about some recipients: contacts by key, addresses that get nothing more, and by
    notification what its recipient has chosen, what becomes `instead` of those that are not told now, what one that
    tells several tells, and the cases that these are about.

    `first_to_number`: ids of the notifications before which nothing has gone to their number.
    `opened`: by key those of the contacts that a key on the ring opens. `reached`: by notification, where it goes.
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
