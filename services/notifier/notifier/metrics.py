"""Prometheus metrics of the notifier."""

from prometheus_client import Counter, Gauge, Histogram
from shared.operations.metrics import FAST, SIZES

DELIVERIES = Counter(
    "tawasul_notifier_deliveries_total", "What became of attempts to tell", ["channel", "provider", "state"]
)
UNFINISHED = Gauge("tawasul_notifier_unfinished_notifications", "Not yet in a final state", ["channel", "state"])
OLDEST_DUE = Gauge("tawasul_notifier_oldest_due_age_seconds", "How long the oldest has been due", ["channel"])
CONTACTS_MISSING = Gauge(
    "tawasul_notifier_contacts_missing_notifications", "Waiting for a contact for more than a minute"
)
HELD = Counter("tawasul_notifier_held_total", "Held until a time, or for company", ["reason"])
CONTACTS = Counter("tawasul_notifier_contacts_total", "Contact records taken", ["outcome"])
CLAIMED = Histogram("tawasul_notifier_claim_notifications", "Notifications claimed together", buckets=SIZES)
NOTED = Histogram("tawasul_notifier_note_outcomes", "Outcomes written together", buckets=SIZES)
TIME_TO_TELL = Histogram(
    "tawasul_notifier_event_to_handover_seconds",
    "From the event, or from the confirmation of the address, to the handing over",
    ["channel", "lane"],
    buckets=(*FAST, 30, 60, 300, 3_600),
)
ANNOUNCEMENTS = Counter("tawasul_notifier_announcements_total", "Told to their readers, or set aside", ["outcome"])
PROVIDER_ERRORS = Counter("tawasul_notifier_provider_errors_total", "Refusals and failures", ["channel", "kind"])
PROVIDER_FAILOVERS = Counter("tawasul_notifier_provider_failovers_total", "Left for the next gateway", ["gateway"])
GATEWAY_AVAILABLE = Gauge("tawasul_notifier_gateway_available", "0 while an SMS gateway is left alone", ["gateway"])
SMS_PARTS = Counter(
    "tawasul_notifier_sms_parts_total", "Parts of messages that a gateway took", ["gateway", "alphabet"]
)
SMS_COST = Counter("tawasul_notifier_sms_cost_total", "What they cost, in the currency of the contract", ["gateway"])
MAIL_REPORTS = Counter("tawasul_notifier_mail_reports_total", "What came back about mails", ["says"])
MAILBOX = Counter("tawasul_notifier_mailbox_reports_total", "Reports read from the mailbox", ["outcome"])
RECEIPTS = Counter("tawasul_notifier_receipts_total", "Receipts of gateways", ["gateway", "outcome"])
PROVIDER_AVAILABLE = Gauge("tawasul_notifier_provider_available", "0 while nothing can be handed over", ["channel"])
DEVICES = Counter("tawasul_notifier_devices_total", "Browsers that take web push", ["outcome"])
WEBHOOK_ATTEMPTS = Counter("tawasul_notifier_webhook_attempts_total", "Webhooks sent, and what came of it", ["outcome"])
WEBHOOK_ENDPOINTS = Gauge("tawasul_notifier_webhook_endpoints", "Registered endpoints of webhooks", ["state"])
WEBHOOK_OLDEST = Gauge(
    "tawasul_notifier_webhook_oldest_waiting_age_seconds", "How long the oldest waits, of endpoints that are not paused"
)
WEBHOOK_TIME = Histogram(
    "tawasul_notifier_webhook_event_to_delivery_seconds",
    "From the event to an endpoint's taking it",
    buckets=(*FAST, 30, 60, 300, 3_600),
)
INTERVENTIONS = Counter(
    "tawasul_notifier_interventions_total", "Messages that the office sent again or cancelled", ["what"]
)
WORDING_VERSION = Gauge("tawasul_notifier_wording_version", "Number of the wording in use; 0: what the software brings")
