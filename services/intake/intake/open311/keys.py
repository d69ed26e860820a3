"""API keys, stored as hashes in the settings."""

import hashlib
import hmac
import re

ENTRY = re.compile(r"([A-Za-z0-9._-]{1,50}):([0-9a-f]{64})")


class ApiKeys:
    """Reads `name:sha256`, separated by commas. Keys are long and random, so a plain hash is safe."""

    def __init__(self, settings: str) -> None:
        self._hashes: dict[str, bytes] = {}
        for entry in filter(None, (entry.strip() for entry in settings.split(","))):
            match = ENTRY.fullmatch(entry)
            if match is None:
                raise ValueError("an Open311 key is set as name:sha256 of the key, in hexadecimal")
            self._hashes[match[1]] = bytes.fromhex(match[2])

    @property
    def are_there(self) -> bool:
        return bool(self._hashes)

    def holder(self, key: str) -> str | None:
        """The name of the key's owner. Compares with every key, so that the time reveals nothing."""
        given = hashlib.sha256(key.encode()).digest()
        found = [name for name, known in self._hashes.items() if hmac.compare_digest(known, given)]
        return found[0] if found else None
