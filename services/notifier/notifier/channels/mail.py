"""Mail over SMTP: one message in Internet form, its Message-ID stable, threads by submission."""

from email.utils import format_datetime, parseaddr

from notifier.channels import GiveUp, Message
from notifier.channels.dkim import Dkim
from notifier.channels.internet_message import NotAnAddress, compose, mailable, mailbox
from notifier.channels.smtp import Connections
from notifier.notifications.outcomes import Handover
from notifier.outbound.rate_limit import RateLimiter


class Mail:
    name = "mail"

    """`return_path`: where servers report what they could not deliver; the sender's address where it is empty.

    `pace`: what the server takes in a second, shared by all who hand mail to it.
    """

    def __init__(
        self,
        connections: Connections,
        sender: str,
        at_once: int,
        return_path: str = "",
        dkim: Dkim | None = None,
        pace: RateLimiter | None = None,
    ) -> None:
        self.connections = connections
        self.pace = pace or RateLimiter(None)
        self.dkim = dkim
        self.at_once = at_once
        name, self.sender_address = parseaddr(sender)
        self.sender = mailbox(name, mailable(self.sender_address))
        self.return_path = mailable(return_path or self.sender_address)
        self.domain = self.sender_address.rpartition("@")[2]

    async def send(self, message: Message) -> Handover:
        try:
            address = mailable(message.address)
        except NotAnAddress as error:
            raise GiveUp("no mailable address") from error
        composed = self.compose(message, address)
        if self.dkim is not None:
            composed = await self.dkim.sign(composed)
        await self.pace.turn()
        await self.connections.hand_over(self.return_path, address, composed)
        return Handover()

    async def close(self) -> None:
        await self.connections.close()

    def compose(self, message: Message, address: str) -> bytes:
        thread = f"<{message.thread}@{self.domain}>"
        headers = {
            "From": self.sender,
            "To": mailbox(message.name or "", address),
            "Date": format_datetime(message.created_at),
            "Message-ID": f"<{message.id}@{self.domain}>",
            "In-Reply-To": thread,
            "References": thread,
            "Auto-Submitted": "auto-generated",
            "Content-Language": message.language,
        }
        if message.unsubscribe:  # RFC 8058: mail programs show a button for it
            headers |= {
                "List-Unsubscribe": f"<{message.unsubscribe}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            }
        return compose(headers, message.subject, message.text, message.html, boundary=f"=_{message.id}")
