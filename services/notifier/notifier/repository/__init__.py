"""The notifier's collections: their names, indexes and queries."""

from notifier.repository.contacts import Contacts, StoredContact
from notifier.repository.inbox_items import InboxItems, InboxVersions
from notifier.repository.notifications import Notifications, notification_record
from notifier.repository.outcomes import DELIVERIES, Outcomes
from notifier.repository.receipts import Receipts
from notifier.repository.suppressions import Suppressions

SOURCE = "/tawasul/notifier"
CASES = "cases"

__all__ = [
    "CASES",
    "DELIVERIES",
    "SOURCE",
    "Contacts",
    "InboxItems",
    "InboxVersions",
    "Notifications",
    "Outcomes",
    "Receipts",
    "StoredContact",
    "Suppressions",
    "notification_record",
]
