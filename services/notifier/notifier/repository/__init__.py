"""The notifier's collections: their names, indexes and queries."""

from notifier.repository.contacts import Contacts, StoredContact
from notifier.repository.erasures import Erasures, erasure_record
from notifier.repository.inbox_items import InboxItems
from notifier.repository.notifications import Notifications, notification_record
from notifier.repository.outcomes import DELIVERIES, Outcomes

SOURCE = "/tawasul/notifier"
CASES = "cases"

__all__ = [
    "CASES",
    "DELIVERIES",
    "SOURCE",
    "Contacts",
    "Erasures",
    "InboxItems",
    "Notifications",
    "Outcomes",
    "StoredContact",
    "erasure_record",
    "notification_record",
]
