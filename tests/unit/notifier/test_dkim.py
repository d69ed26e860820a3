"""Mail is signed so that a receiver finds it to be ours, whole, and under the selector that is set now."""

from base64 import b64encode
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as elliptic
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from notifier.channels.dkim import Dkim
from notifier.channels.internet_message import mailable
from notifier.channels.mail import Mail
from notifier.channels.smtp import Connections

from tests.support.post_office import PostOffice, a_post_office
from tests.unit.notifier.test_mail import a_message

DOMAIN = "tawasul.example"


Key = tuple[Path, RSAPrivateKey]


def a_key(folder: Path, name: str, form: PrivateFormat = PrivateFormat.TraditionalOpenSSL) -> Key:
    key = generate_private_key(65_537, 2_048)
    file = folder / f"{name}.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, form, NoEncryption()))
    return file, key


def record(key: RSAPrivateKey) -> bytes:
    """As it stands in the DNS."""
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + b64encode(public)


def is_ours(mail: bytes, records: dict[str, bytes]) -> bool:
    """As a receiver judges it."""
    known = {f"{selector}._domainkey.{DOMAIN}.".encode(): said for selector, said in records.items()}
    return bool(dkim.verify(mail, dnsfunc=lambda name, timeout=5: known.get(name)))


async def handed_over(office: PostOffice, signer: Dkim) -> bytes:
    connections = Connections("127.0.0.1", office.port, "none", None, None, None, DOMAIN, 5)
    mail = Mail(connections, f"Tawasul <no-reply@{DOMAIN}>", 1, dkim=signer)
    message = a_message(unsubscribe="https://tawasul.example/inbox/unsubscribe/x")
    await mail.send(message)
    await mail.close()
    return office.originals[-1]


async def test_a_receiver_finds_mail_signed_and_a_change_or_a_second_subject_to_break_it(tmp_path: Path) -> None:
    file, key = a_key(tmp_path, "s1")
    async with a_post_office() as office:
        mail = await handed_over(office, Dkim(DOMAIN, "s1", file))
    records = {"s1": record(key)}
    assert is_ours(mail, records)
    assert not is_ours(mail.replace(b"Content-Language: ar", b"Content-Language: en"), records)
    assert not is_ours(mail[:-40] + mail[-38:], records)
    assert not is_ours(mail.replace(b"From: ", b"Subject: win\r\nFrom: ", 1), records)
    signed = mail.partition(b"\r\n\r\n")[0].partition(b"h=")[2].partition(b";")[0]
    assert {b"list-unsubscribe", b"list-unsubscribe-post"} <= set(b"".join(signed.split()).split(b":"))


async def test_after_a_rotation_mail_goes_by_the_new_selector_and_earlier_mail_is_still_good(tmp_path: Path) -> None:
    (old_file, old), (new_file, new) = a_key(tmp_path, "s1"), a_key(tmp_path, "s2", PrivateFormat.PKCS8)
    async with a_post_office() as office:
        before = await handed_over(office, Dkim(DOMAIN, "s1", old_file))
        after = await handed_over(office, Dkim(DOMAIN, "s2", new_file))
    records = {"s1": record(old), "s2": record(new)}
    assert is_ours(before, records)
    assert is_ours(after, records)
    assert b"s=s2;" in after
    assert not is_ours(after, {"s2": record(old)})


def test_a_key_that_cannot_sign_is_told_at_start_by_the_name_of_its_file(tmp_path: Path) -> None:
    curved = tmp_path / "curved.pem"
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    curved.write_bytes(elliptic(SECP256R1()).private_bytes(*form))
    empty = tmp_path / "empty.pem"
    empty.write_bytes(b"")
    for file in (curved, empty):
        with pytest.raises(ValueError, match=file.name):
            Dkim(DOMAIN, "s1", file)


def test_mail_without_a_key_is_not_signed() -> None:
    connections = Connections("127.0.0.1", 1, "none", None, None, None, DOMAIN, 1)
    message = a_message()
    composed = Mail(connections, f"Tawasul <no-reply@{DOMAIN}>", 1).compose(message, mailable(message.address))
    assert b"DKIM-Signature" not in composed
