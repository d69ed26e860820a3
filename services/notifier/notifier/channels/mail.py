"""Mail over SMTP: one message in Internet form, its Message-ID stable, threads by submission."""

import re
from email.base64mime import body_encode
from email.errors import MessageError
from email.header import Header
from email.message import Message as MimeMessage
from email.policy import compat32
from email.utils import format_datetime, formataddr, parseaddr

from notifier.channels import GiveUp, Message
from notifier.channels.smtp import Connections

# The classic policy builds a mail four times faster than the modern one; what it does not check is checked here.
POLICY = compat32.clone(linesep="\r\n")
NOT_IN_A_HEADER = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
LONGEST_HEADER = 250


class Mail:
    name = "mail"

    def __init__(self, connections: Connections, sender: str, at_once: int) -> None:
        self.connections = connections
        self.at_once = at_once
        name, self.sender_address = parseaddr(sender)
        self.sender = formataddr((name, self.sender_address))
        self.domain = self.sender_address.rpartition("@")[2]

    async def send(self, message: Message) -> None:
        try:
            address = mailable(message.address)
            data = self.compose(message, address)
        except (ValueError, MessageError) as error:
            raise GiveUp("no mailable address") from error
        await self.connections.hand_over(self.sender_address, address, data)

    async def close(self) -> None:
        await self.connections.close()

    def compose(self, message: Message, address: str) -> bytes:
        mail: MimeMessage[str | Header, str | Header] = MimeMessage(POLICY)
        mail["From"] = self.sender
        mail["To"] = formataddr((one_line(message.name or ""), address))
        mail["Subject"] = subject(message.subject)
        mail["Date"] = format_datetime(message.created_at)
        mail["Message-ID"] = f"<{message.id}@{self.domain}>"
        thread = f"<{message.thread}@{self.domain}>"
        mail["In-Reply-To"] = thread
        mail["References"] = thread
        mail["Auto-Submitted"] = "auto-generated"
        mail["Content-Language"] = message.language
        mail["MIME-Version"] = "1.0"
        mail["Content-Type"] = f'multipart/alternative; boundary="=_{message.id}"'
        mail.set_payload([_part("plain", message.text), _part("html", message.html)])
        return mail.as_bytes()


def one_line(value: str) -> str:
    """Without anything that could end a header, or turn its reading direction."""
    return NOT_IN_A_HEADER.sub(" ", value).strip()[:LONGEST_HEADER]


def subject(value: str) -> str | Header:
    line = one_line(value)
    return line if line.isascii() and "=?" not in line else Header(line, "utf-8", header_name="Subject")


def mailable(address: str) -> str:
    """The address as SMTP takes it: an international domain in its ASCII form. Raises ValueError."""
    local, at, domain = address.strip().rpartition("@")
    try:
        ascii_form = f"{local}{at}{domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise ValueError("not an address") from error
    if not ascii_form.isascii() or len(ascii_form) > 254 or not ADDRESS.fullmatch(ascii_form):
        raise ValueError("not an address")
    return ascii_form


def _part(subtype: str, body: str) -> MimeMessage:
    part = MimeMessage(POLICY)
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "base64"
    part.set_payload(body_encode(body.encode("utf-8", "replace"), eol="\r\n"))
    return part
