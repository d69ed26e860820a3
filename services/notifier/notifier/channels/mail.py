"""Mail over SMTP: one message in Internet form, its Message-ID stable, threads by submission."""

from email.utils import format_datetime, parseaddr

from notifier.channels import GiveUp, Message
from notifier.channels.internet_message import NotAnAddress, compose, mailable, mailbox
from notifier.channels.smtp import Connections


class Mail:
    name = "mail"

    def __init__(self, connections: Connections, sender: str, at_once: int) -> None:
        self.connections = connections
        self.at_once = at_once
        name, self.sender_address = parseaddr(sender)
        self.sender = mailbox(name, mailable(self.sender_address))
        self.domain = self.sender_address.rpartition("@")[2]

    async def send(self, message: Message) -> None:
        try:
            address = mailable(message.address)
        except NotAnAddress as error:
            raise GiveUp("no mailable address") from error
        await self.connections.hand_over(self.sender_address, address, self.compose(message, address))

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
        return compose(headers, message.subject, message.text, message.html, boundary=f"=_{message.id}")
