"""The notifier's collections: their names, indexes and queries."""

from notifier.repository.announcements import Announcements, announcement_record, read_announcement
from notifier.repository.contacts import Contacts, StoredContact
from notifier.repository.day_counts import DayCounts
from notifier.repository.devices import Devices
from notifier.repository.held import Held
from notifier.repository.inbox_items import InboxItems, InboxVersions
from notifier.repository.monitor import CASES, Monitor
from notifier.repository.notifications import COLLECTION as NOTIFICATIONS
from notifier.repository.notifications import (
    Notifications,
    claimed,
    lane_if_due,
    notification_record,
    read_notification,
)
from notifier.repository.outcomes import DELIVERIES, Outcomes
from notifier.repository.preferences import Interested, PreferenceStore
from notifier.repository.receipts import Receipts
from notifier.repository.suppressions import Suppressions
from notifier.repository.webhook_deliveries import COLLECTION as WEBHOOK_DELIVERIES
from notifier.repository.webhook_deliveries import WebhookDeliveries, delivery_record
from notifier.repository.webhook_endpoints import Claimed, Health, WebhookEndpoints

SOURCE = "/tawasul/notifier"

__all__ = [
    "CASES",
    "DELIVERIES",
    "NOTIFICATIONS",
    "SOURCE",
    "WEBHOOK_DELIVERIES",
    "Announcements",
    "Claimed",
    "Contacts",
    "DayCounts",
    "Devices",
    "Health",
    "Held",
    "InboxItems",
    "InboxVersions",
    "Interested",
    "Monitor",
    "Notifications",
    "Outcomes",
    "PreferenceStore",
    "Receipts",
    "StoredContact",
    "Suppressions",
    "WebhookDeliveries",
    "WebhookEndpoints",
    "announcement_record",
    "claimed",
    "delivery_record",
    "lane_if_due",
    "notification_record",
    "read_announcement",
    "read_notification",
]
