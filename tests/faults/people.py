"""Plays citizens, the officials of the sample country's entities, the central office, and the administrator."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from random import Random
from typing import Any

from tawasul.demo.country import Country

from tests.support.provider import Signer

A_DAY_SECONDS = 86_400.0

Headers = Mapping[str, str]


class People:
    def __init__(self, country: Country, provider: Signer) -> None:
        self.country = country
        self._provider = provider
        self.officials: dict[str, dict[str, Any]] = {official["id"]: official for official in country.officials()}
        self._of_entity: dict[str, list[str]] = defaultdict(list)
        for id, official in self.officials.items():
            if official["role"] in ("officer", "supervisor", "head"):
                self._of_entity[official["entity"]].append(id)
        self.clerk = country.official("central")
        self.headers = cache(self._headers)

    @property
    def entities(self) -> list[str]:
        """Entities whose officials can act."""
        return sorted(self._of_entity)

    def official_of(self, entity: str, chance: Random) -> str:
        return chance.choice(self._of_entity[entity])

    def two_officials_of(self, entity: str) -> tuple[str, str]:
        """Two different people where the entity has two."""
        of_entity = self._of_entity[entity]
        return of_entity[0], of_entity[-1]

    def _headers(self, subject: str) -> Headers:
        """With the token that the provider would give; whoever is no official is a citizen."""
        official = self.officials.get(subject)
        if official is None:
            return self._provider.authorization(subject, "citizen", expires_in=A_DAY_SECONDS)
        return self._provider.authorization(
            subject, official["role"], entity=official["entity"], expires_in=A_DAY_SECONDS
        )

    def administrator(self) -> Headers:
        return self._provider.authorization("administrator", "administrator", entity="central-office")
