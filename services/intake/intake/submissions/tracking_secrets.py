"""Derives, from a submission's id and a key, the tracking secret and the confirmation codes, stored nowhere."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

from shared.reference.spelling import ascii_digits

LETTERS = 22
"""132 bits of the HMAC: impossible to guess, and short enough for a link."""


CONFIRMATION = "confirmation:"
"""A prefix of the id: whoever files knows the tracking secret, but must not know the code that only the mail contains.
"""

NUMBER = "number:"
"""A prefix for the code that only the SMS contains."""


FOLLOWER, FOLLOWING = "follower:", "following:"
"""Prefixes for the id of a follower's address, and for the code in mails to it."""


class TrackingKeys:
    """Versioned signing keys, `version:base64url`, separated by commas. The highest version signs, all verify."""

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
        """The follower ids of a mail address, one for each key, the newest key first."""
        what = f"{FOLLOWER}{submission_id}/{email.casefold()}"
        signed = (self._sign(version, what) for version in sorted(self._keys, reverse=True))
        return ["follower-" + mark.partition(".")[2] for mark in signed]

    def following(self, submission_id: str, contact_id: str) -> str:
        """The code in mails to a follower, with which they confirm or stop."""
        return self._sign(self._newest, f"{FOLLOWING}{submission_id}/{contact_id}")

    def follows(self, code: str, submission_id: str, contact_id: str) -> bool:
        return self.opens(code, f"{FOLLOWING}{submission_id}/{contact_id}")

    def opens(self, secret: str, submission_id: str) -> bool:
        """Whether the secret belongs to this submission, in constant time.

        It accepts Arabic digits, as people may type it from a letter.
        """
        secret = ascii_digits(secret)
        version, _, _ = secret.partition(".")
        known = version.isascii() and version.isdecimal() and int(version[:9]) in self._keys
        expected = self._sign(int(version[:9]) if known else self._newest, submission_id)
        return hmac.compare_digest(expected.encode(), secret.encode()) and known

    def _sign(self, version: int, submission_id: str) -> str:
        digest = hmac.digest(self._keys[version], submission_id.encode(), hashlib.sha256)
        return f"{version}.{urlsafe_b64encode(digest).decode()[:LETTERS]}"
