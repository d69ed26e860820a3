"""How to reach the author of a submission, sealed under the key ring that only intake and notifier hold."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import BaseModel, ConfigDict, SecretStr


class Contact(BaseModel):
    """`secret` opens the submission's private page; it travels here because mail is where its author finds it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    secret: str | None = None


class Unreadable(Exception):
    """Sealed under a key that is not on the ring (any more)."""


class KeyRing:
    """Fernet keys, newest first: the first seals, all of them open, so that keys rotate without a stop."""

    def __init__(self, keys: SecretStr) -> None:
        self._fernet = MultiFernet([Fernet(key.strip()) for key in keys.get_secret_value().split(",") if key.strip()])

    def seal(self, contact: Contact) -> str:
        return self._fernet.encrypt(contact.model_dump_json(exclude_none=True).encode()).decode()

    def open(self, sealed: str) -> Contact:
        try:
            return Contact.model_validate_json(self._fernet.decrypt(sealed.encode()))
        except InvalidToken as error:
            raise Unreadable from error
