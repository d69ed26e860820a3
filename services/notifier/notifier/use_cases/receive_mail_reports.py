"""What came back about a mail: noted at its notification, and remembered where nothing more is to go to its address."""

from collections.abc import Callable
from datetime import datetime

from shared.contacts import Unreadable

from notifier import metrics
from notifier.channels.mail_reports import MailReport
from notifier.domain.notifications import Notification, State
from notifier.domain.receipts import Receipt
from notifier.domain.suppression import Suppressed
from notifier.repository import Contacts, Notifications
from notifier.use_cases.address import AddressBook
from notifier.use_cases.receive_receipts import ReceiptTaker
from notifier.use_cases.suppress import SuppressionList

REASONS = {
    "dead": Suppressed.BOUNCED,
    "complained": Suppressed.COMPLAINED,
    "unsubscribed": Suppressed.UNSUBSCRIBED,
}


class MailReportTaker:
    def __init__(
        self,
        notifications: Notifications,
        contacts: Contacts,
        book: AddressBook,
        suppressed: SuppressionList,
        receipts: ReceiptTaker,
        clock: Callable[[], datetime],
    ) -> None:
        self.notifications = notifications
        self.contacts = contacts
        self.book = book
        self.suppressed = suppressed
        self.receipts = receipts
        self.clock = clock

    async def take(self, report: MailReport) -> bool:
        """Whether it is about a mail of ours. Once more does no harm."""
        notification = await self.notifications.first_of(report.ids, "mail")
        metrics.MAIL_REPORTS.labels(report.says if notification else "unknown").inc()
        if notification is None:
            return False
        if report.says in ("dead", "bounced"):
            await self.receipts.take("mail", "mail", [Receipt(notification.id, State.PERMANENT_FAILURE)])
        if (why := REASONS.get(report.says)) is not None:
            await self._suppress(notification, why)
        return True

    async def _suppress(self, notification: Notification, why: Suppressed) -> None:
        """Officials are told as long as their address is alive: it is their work, whatever they think of it."""
        is_author = notification.recipient_kind == "contact"
        if not is_author and why is not Suppressed.BOUNCED:
            return
        contacts = await self.contacts.find([notification.recipient]) if is_author else {}
        try:
            address = self.book.reached_at(notification, contacts)
        except Unreadable:  # its key is off the ring: nothing goes there any more, and nobody can say where that was
            return
        if address:
            await self.suppressed.add(address, why, self.clock())
