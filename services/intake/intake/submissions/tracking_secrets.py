"""The secret that opens one submission's private page, and the codes that confirm the addresses of its author and of
those who follow it: derived from its id, stored nowhere."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

from shared.reference.spelling import ascii_digits

LETTERS = 22
"""132 bits of the HMAC: beyond guessing, and short enough for a link in a mail."""


CONFIRMATION = "confirmation:"
"""Before the id: whoever filed knows the tracking secret, and must not know the code that only the mail says."""

NUMBER = "number:"
"""Likewise: the code that only the SMS says."""


FOLLOWER, FOLLOWING = "follower:", "following:"
"""Likewise: the id of a follower's address, and the code that only mails to it say."""


class TrackingKeys:
    """Versioned signing keys, `version:base64url` separated by commas. The highest version signs, all verify."""

    def __init__(self, keys: str) -> None:
        self._keys: dict[int, bytes] = {}
        for part in filter(None, (part.strip() for part in keys.split(","))):
            version, _, encoded = part.partition(":")
            key = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
            if len(key) < 16:
                raise ValueError("a tracking key has at least 16 bytes")
            self._keys[int(version)] = key
        if not self._keys:
            raise ValueError("there is no tracking key")
        self._newest = max(self._keys)

    def secret(self, submission_id: str) -> str:
        return self._sign(self._newest, submission_id)

    def confirmation(self, submission_id: str) -> str:
        return self._sign(self._newest, CONFIRMATION + submission_id)

    def confirms(self, code: str, submission_id: str) -> bool:
        return self.opens(code, CONFIRMATION + submission_id)

    def number_confirmation(self, submission_id: str) -> str:
        return self._sign(self._newest, NUMBER + submission_id)

    def confirms_number(self, code: str, submission_id: str) -> bool:
        return self.opens(code, NUMBER + submission_id)

    def follower_ids(self, submission_id: str, email: str) -> list[str]:
        """What this address is called as a follower of this submission, by each key, the newest first."""
        what = f"{FOLLOWER}{submission_id}/{email.casefold()}"
        signed = (self._sign(version, what) for version in sorted(self._keys, reverse=True))
        return ["follower-" + mark.partition(".")[2] for mark in signed]

    def following(self, submission_id: str, contact_id: str) -> str:
        """The code in the mails to who follows by mail: confirms, and stops."""
        return self._sign(self._newest, f"{FOLLOWING}{submission_id}/{contact_id}")

    def follows(self, code: str, submission_id: str, contact_id: str) -> bool:
        return self.opens(code, f"{FOLLOWING}{submission_id}/{contact_id}")

    def opens(self, secret: str, submission_id: str) -> bool:
        """Whether the secret belongs to this submission; takes the same time whichever way it ends.

        Who copies it by hand from a letter may type it with the digits of an Arabic keyboard."""
        secret = ascii_digits(secret)
        version, _, _ = secret.partition(".")
        known = version.isascii() and version.isdecimal() and int(version[:9]) in self._keys
        expected = self._sign(int(version[:9]) if known else self._newest, submission_id)
        return hmac.compare_digest(expected.encode(), secret.encode()) and known

    def _sign(self, version: int, submission_id: str) -> str:
        digest = hmac.digest(self._keys[version], submission_id.encode(), hashlib.sha256)
        return f"{version}.{urlsafe_b64encode(digest).decode()[:LETTERS]}"
