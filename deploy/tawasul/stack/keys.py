"""Keys of the local stack, made once and kept in the state folder, readable by its owner alone."""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from shared.privacy.contacts import new_key


def contact_key(folder: Path) -> str:
    """Encrypts contact details on their way from intake to notifier (TAWASUL_CONTACT_KEYS)."""
    return _kept(folder / "contact.key", new_key)


def tracking_key(folder: Path) -> str:
    """Signs the secret tracking links (TAWASUL_TRACKING_KEYS), as `version:key`."""
    return _kept(folder / "tracking.key", lambda: "1:" + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())


def session_key(folder: Path) -> str:
    """Encrypts the session cookie of browsers (TAWASUL_SESSION_KEYS)."""
    return _kept(folder / "session.key", lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())


def audit_key(folder: Path) -> str:
    """Signs the seals of the audit trails, and hides addresses in them (TAWASUL_AUDIT_KEYS)."""
    return _kept(folder / "audit.key", lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())


def open311_key(folder: Path) -> str:
    """Programs file by Open311 with it (`api_key`); intake knows its hash alone (TAWASUL_OPEN311_KEY_HASHES)."""
    return _kept(folder / "open311.key", lambda: secrets.token_urlsafe(24))


def push_key(folder: Path) -> str:
    """Push services of browsers know us by it (TAWASUL_PUSH_KEY): another one ends every subscription."""
    return _kept(folder / "push.key", new_key)


def _kept(file: Path, make: Callable[[], str]) -> str:
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.write(make())
    return file.read_text()
