"""What comes back about mails, as servers write it: which mail it was, and whether anybody is there."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notifier.mail_reports.report_parser import MOST_IDS, MOST_LINES, NotAReport, is_dead, read_report

ID = "1d8f6f0e-3a3d-4c52-9c1e-2f4f0f3f5a22"
OURS = f"Message-ID: <{ID}@tawasul.example>\n".encode()
RETURNED = f"""Message-ID: <{ID}@tawasul.example>
References: <0b8f6f0e-3a3d-4c52-9c1e-2f4f0f3f5a11@tawasul.example>
Subject: 7K3MX-QPA42: we have received your complaint

The text."""


def a_report(kind: str, *parts: tuple[str, str], returned: str = RETURNED, as_type: str = "message/rfc822") -> bytes:
    pieces = [("text/plain", "This mail was made by a mail server."), *parts, (as_type, returned)]
    body = "".join(f"--b\nContent-Type: {type}\n\n{content}\n" for type, content in pieces)
    head = f'From: <>\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type={kind}; boundary="b"\n\n'
    return f"{head}{body}--b--\n".encode()


def undelivered(action: str = "failed", status: str = "5.1.1", diagnostic: str = "") -> bytes:
    about = f"Final-Recipient: rfc822; someone@else.example\nAction: {action}\nStatus: {status}\n"
    about += f"Diagnostic-Code: smtp; {diagnostic}\n" if diagnostic else ""
    return a_report("delivery-status", ("message/delivery-status", f"Reporting-MTA: dns; mx.example\n\n{about}"))


@pytest.mark.parametrize(
    ("action", "status", "diagnostic", "says"),
    [
        ("failed", "5.1.1", "", "dead"),
        ("Failed", "5.2.1", "", "dead"),
        ("failed", "5.1.10", "", "dead"),
        ("failed", "5.0.0", "550 5.1.1 <x@y.example>: no such user", "dead"),
        ("failed", "5.2.2", "552 5.2.2 mailbox full", "bounced"),
        ("failed", "5.7.1", "550 5.7.1 looks like spam", "bounced"),
        ("failed", "5.0.0", "", "bounced"),
        ("failed", "4.4.7", "", "bounced"),
        ("delayed", "4.4.1", "", "delayed"),
    ],
)
def test_a_report_says_whether_anybody_is_there(action: str, status: str, diagnostic: str, says: str) -> None:
    report = read_report(undelivered(action, status, diagnostic))
    assert (report.says, report.ids) == (says, (ID,))


def test_the_headers_alone_are_enough_to_know_the_mail() -> None:
    headers = RETURNED.partition("\n\n")[0]
    raw = undelivered().replace(RETURNED.encode(), headers.encode()).replace(b"message/rfc822", b"text/rfc822-headers")
    assert read_report(raw).ids == (ID,)


@pytest.mark.parametrize(
    ("kind", "says"), [("abuse", "complained"), ("fraud", "complained"), ("opt-out", "unsubscribed")]
)
def test_a_reader_who_reported_it_is_heard(kind: str, says: str) -> None:
    about = f"Feedback-Type: {kind}\nUser-Agent: Some/1.0\nVersion: 1\n"
    report = read_report(a_report("feedback-report", ("message/feedback-report", about)))
    assert (report.says, report.ids) == (says, (ID,))


def test_a_reader_who_says_that_it_is_no_spam_is_no_complaint() -> None:
    with pytest.raises(NotAReport):
        read_report(a_report("feedback-report", ("message/feedback-report", "Feedback-Type: not-spam\n")))


def test_a_form_of_a_servers_own_is_understood_as_well() -> None:
    raw = f"""From: MAILER-DAEMON@mx.example
Subject: failure notice

Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<someone@else.example>:
Sorry, no mailbox here by that name.

--- Below this line is a copy of the message.

{RETURNED}
"""
    report = read_report(raw.encode())
    assert (report.says, report.ids) == ("dead", (ID,))


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "about no mail of ours"),
        (b"Subject: hello\n\nI am on holiday.", "about no mail of ours"),
        (undelivered().replace(ID.encode(), b"nothing-of-ours"), "about no mail of ours"),
        (b"\xff\xfe\x00", "about no mail of ours"),
        (OURS + b"From: a@b.example\nSubject: hello\n\nI am on holiday.", "says nothing"),
        (
            OURS
            + b'Content-Type: multipart/mixed; boundary="x"\n\n'
            + b"--x\nContent-Type: multipart/mixed; boundary=x\n\n" * 2_000,
            "unreadable|says nothing",
        ),
        (
            OURS
            + b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n\n--b--",
            "says nothing",
        ),
        (OURS + b"Content-Type: text/plain; charset=nonsense\n\n" + undelivered()[:40], "unreadable|says nothing"),
        (OURS + b"\n" * MOST_LINES, "too many lines"),
        (OURS + b"\r" * MOST_LINES, "too many lines"),
    ],
)
def test_what_is_no_report_about_a_mail_of_ours_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(NotAReport, match=why):
        read_report(raw)


def test_an_endless_list_of_ids_is_cut() -> None:
    many = "".join(f"Message-ID: <{number:08x}-3a3d-4c52-9c1e-2f4f0f3f5a22@x>\n" for number in range(500))
    raw = undelivered().replace(RETURNED.encode(), many.encode())
    assert len(read_report(raw).ids) == MOST_IDS


@given(st.binary(max_size=2_000))
def test_any_bytes_are_a_report_or_are_refused(raw: bytes) -> None:
    with contextlib.suppress(NotAReport):
        assert read_report(OURS + raw).ids


@pytest.mark.parametrize(
    ("answer", "dead"),
    [
        ("5.1.1 <a@b.example>: Recipient address rejected", True),
        ("5.2.1 disabled", True),
        ("5.7.1 relaying denied", False),
        ("no such user here", False),
        ("5.1.7 bad sender", False),
        ("4.1.1 later", False),
        ("", False),
    ],
)
def test_a_servers_answer_says_whether_anybody_is_there(answer: str, dead: bool) -> None:
    assert is_dead(answer) is dead
