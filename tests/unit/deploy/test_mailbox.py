"""The mailbox: a real SMTP server that keeps every mail as a file."""

from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
from tawasul.mailbox import mails
from tawasul.stack.mailbox import Mailbox
from tawasul.stack.ports import Port, free_port
from tawasul.stack.running import Running


async def test_a_mail_in_arabic_arrives_whole(tmp_path: Path) -> None:
    port = free_port()
    mailbox = Running(Mailbox(Port("mailbox", port), tmp_path / "mail"), tmp_path / "mailbox.log")
    await mailbox.start()
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Tawasul <no-reply@tawasul.example>", "a@b.example", "تم استلام شكواك"
    mail["Message-ID"] = "<one@tawasul.example>"
    mail.set_content("رقم المرجع TW-1")
    try:
        await aiosmtplib.send(mail, hostname="127.0.0.1", port=port)
    finally:
        await mailbox.stop()
    [(_, kept)] = mails(tmp_path / "mail")
    assert kept.recipients == ("a@b.example",)
    assert (kept.subject, kept.message_id) == ("تم استلام شكواك", "<one@tawasul.example>")
    assert "TW-1" in kept.text
