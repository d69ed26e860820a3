"""Keys of the local stack: made once, kept, and nobody else's to read."""

import stat
from pathlib import Path

from pydantic import SecretStr
from shared.http.session_cookie import SessionKeys
from shared.privacy.audit import read_keys
from shared.privacy.contacts import KeyRing
from tawasul.stack import keys


def test_keys_are_made_once(tmp_path: Path) -> None:
    assert keys.contact_key(tmp_path) == keys.contact_key(tmp_path)
    assert keys.tracking_key(tmp_path) == keys.tracking_key(tmp_path)


def test_only_the_owner_reads_them(tmp_path: Path) -> None:
    keys.contact_key(tmp_path / "secrets")
    modes = [stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "secrets", tmp_path / "secrets" / "contact.key")]
    assert modes == [0o700, 0o600]


def test_they_are_of_the_form_that_the_services_read(tmp_path: Path) -> None:
    assert KeyRing(SecretStr(keys.contact_key(tmp_path)))
    version, _, key = keys.tracking_key(tmp_path).partition(":")
    assert version == "1"
    assert len(key) == 44
    assert len(read_keys(keys.audit_key(tmp_path))) == 1
    assert SessionKeys(keys.session_key(tmp_path))
    assert len(keys.open311_key(tmp_path)) == 32
