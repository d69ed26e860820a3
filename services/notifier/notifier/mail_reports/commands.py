"""Applies a report about a mail to its notification and, if needed, suppresses the address."""

from collections.abc import Callable, Sequence
from datetime import datetime

from notifier import metrics
from notifier.contacts.store import Contacts
from notifier.contacts.suppression import Suppressed
from notifier.contacts.suppression_lookup import SuppressionList
from notifier.mail_reports.receipt_commands import ReceiptHandler
from notifier.mail_reports.receipts import Receipt
from notifier.mail_reports.report_parser import MailReport
from notifier.notifications.model import Notification, State
from notifier.notifications.store import Notifications
from notifier.preferences.commands import ConsentContext, PreferenceCommands
from notifier.sending.addressing import AddressBook

REASONS = {
    "dead": Suppressed.BOUNCED,
    "complained": Suppressed.COMPLAINED,
}
UNSUBSCRIBES = "unsubscribed"


class MailReportHandler:
    def __init__(
        self,
        notifications: Notifications,
        contacts: Contacts,
        book: AddressBook,
        suppressed: SuppressionList,
        receipts: ReceiptHandler,
        preference_commands: PreferenceCommands,
        clock: Callable[[], datetime],
    ) -> None:
        self.notifications = notifications
        self.contacts = contacts
        self.book = book
        self.suppressed = suppressed
        self.receipts = receipts
        self.preference_commands = preference_commands
        self.clock = clock

    async def take(self, report: MailReport) -> bool:
        """Whether it is about a mail of ours. Once more does no harm."""
        notification = await self.notifications.first_of(report.ids, "mail")
        metrics.MAIL_REPORTS.labels(report.says if notification else "unknown").inc()
        if notification is None:
            return False
        if report.says in ("dead", "bounced"):
            await self.receipts.take("mail", "mail", [Receipt(notification.id, State.PERMANENT_FAILURE)])
        # Officials are told as long as their address is alive: it is their work, whatever they think of it.
        is_author = notification.recipient_kind == "contact"
        if not is_author and report.says != "dead":
            return True
        for address in await self._addresses(notification, is_author):
            if (why := REASONS.get(report.says)) is not None:
                await self.suppressed.add(address, why, self.clock())
            elif report.says == UNSUBSCRIBES:
                await self.preference_commands.stop_address(address, ConsentContext("report"))
        return True

    async def _addresses(self, notification: Notification, is_author: bool) -> Sequence[str]:
        """None where its key is off the ring: nothing goes there any more, and nobody can say where that was."""
        contacts = await self.contacts.find([notification.recipient]) if is_author else {}
        return self.book.reached_at(notification, self.book.opened(contacts))
