"""Mail in Internet form: readable by a strict parser, threaded, and closed to header injection."""

import email
import email.policy
from email.message import EmailMessage
from typing import Any

import pytest
from notifier.channels import Message
from notifier.channels.internet_message import NotAnAddress, compose, mailable, mailbox
from notifier.channels.mail import Mail
from notifier.channels.smtp import Connections

from tests.support.notifier import NOW


def a_message(**changed: Any) -> Message:
    known: dict[str, Any] = {
        "id": "1d8f6f0e-3a3d-4c52-9c1e-2f4f0f3f5a22",
        "thread": "0b8f6f0e-3a3d-4c52-9c1e-2f4f0f3f5a11",
        "address": "maryam@citizens.example",
        "name": "مريم",
        "language": "ar",
        "subject": "7K3MX-QPA42: وصلكم رد من وزارة الأشغال وهو رد طويل جدًا على طلبكم المقدم إليها",
        "text": "نص الرسالة\n" * 50,
        "html": "<p>نص الرسالة</p>\n" * 50,
        "created_at": NOW,
    }
    return Message(**known | changed)


def composed(**changed: Any) -> EmailMessage:
    connections = Connections("127.0.0.1", 1, "none", None, None, None, "tawasul.example", 1)
    mail = Mail(connections, "Tawasul <no-reply@tawasul.example>", 1)
    message = a_message(**changed)
    data = mail.compose(message, mailable(message.address))
    assert data.isascii()
    lines = [line for line in data.split(b"\r\n") if not line.startswith(b"List-Unsubscribe:")]
    assert max(map(len, lines)) <= 78
    assert b"\n" not in data.replace(b"\r\n", b"")
    parsed = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    return parsed


def body(parsed: EmailMessage, kind: str) -> str:
    part = parsed.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_subject_names_and_bodies_arrive_as_they_were_written() -> None:
    parsed = composed()
    message = a_message()
    assert parsed["Subject"] == message.subject
    assert parsed["To"].addresses[0].display_name == "مريم"
    assert parsed["To"].addresses[0].addr_spec == "maryam@citizens.example"
    assert body(parsed, "plain").replace("\r\n", "\n") == message.text
    assert body(parsed, "html").replace("\r\n", "\n") == message.html


def test_the_message_id_is_stable_and_a_submission_is_one_thread() -> None:
    parsed = composed()
    assert parsed["Message-ID"] == "<1d8f6f0e-3a3d-4c52-9c1e-2f4f0f3f5a22@tawasul.example>"
    assert parsed["References"] == "<0b8f6f0e-3a3d-4c52-9c1e-2f4f0f3f5a11@tawasul.example>"
    assert parsed["Date"].datetime == NOW
    assert parsed["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r", "\0", "\x0b", "\x85", "\u2028", "\r\n\r\n"])
def test_no_name_or_subject_can_add_a_header(ending: str) -> None:
    hostile = f"Hello{ending}Bcc: all@citizens.example"
    parsed = composed(name=hostile, subject=hostile)
    assert parsed["Bcc"] is None
    assert [str(address.addr_spec) for address in parsed["To"].addresses] == ["maryam@citizens.example"]


def test_a_mail_that_can_be_stopped_says_so_as_rfc_8058_asks() -> None:
    url = "https://tawasul.example/inbox/unsubscribe/" + "x" * 90
    parsed = composed(unsubscribe=url)
    assert parsed["List-Unsubscribe"] == f"<{url}>"
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert {"List-Unsubscribe", "List-Unsubscribe-Post"}.isdisjoint(composed().keys())


def test_a_direction_that_is_turned_in_a_name_does_not_turn_the_header() -> None:
    assert "\u202e" not in str(composed(name="evil\u202egpj.exe", subject="x\u202ey")["Subject"])


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a@b\r\nRCPT TO:<c@d>", "a b@c.example", "<a@b.example>", "a@b.example, c@d.example", "é@x.example"],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(NotAnAddress):
        mailable(address)


def test_an_international_domain_goes_in_its_ascii_form() -> None:
    assert mailable("a@بحرين.example") == "a@" + "بحرين".encode("idna").decode() + ".example"


@pytest.mark.parametrize(
    "name", ["عبدالرحمن بن " * 12, 'O\'Brien, "Pat" <x@y>', "=?utf-8?q?x?=", "A" * 300, "Émile", " "]
)
def test_any_name_makes_one_mailbox_with_the_right_address(name: str) -> None:
    parsed = composed(name=name)
    (address,) = parsed["To"].addresses
    assert address.addr_spec == "maryam@citizens.example"
    # Python's parser puts a space between encoded words, where RFC 2047 has none.
    assert name.replace(" ", "").startswith(address.display_name.replace(" ", ""))


def test_a_header_that_would_end_its_line_is_an_error() -> None:
    with pytest.raises(ValueError, match="end its line"):
        compose({"To": "a@b.example\r\nBcc: c@d.example"}, "s", "t", "h", "b")


def test_a_long_address_moves_to_its_own_line() -> None:
    assert mailbox("Maryam", "a" * 62 + "@b.example") == "Maryam\r\n <" + "a" * 62 + "@b.example>"
