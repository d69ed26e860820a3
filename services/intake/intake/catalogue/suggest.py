"""Suggest: what a text may be about, by the catalogue as it is now."""

from shared.events.directory import CategoryChanged
from shared.reference.directory import Directory

from intake.catalogue.suggestions import Suggestions


class Suggester:
    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._version = -1
        self._index = Suggestions(())

    def suggested(self, text: str) -> list[CategoryChanged]:
        """At most three, the likeliest first."""
        if self._version != self._directory.categories_version:
            self._version = self._directory.categories_version
            self._index = Suggestions(self._directory.categories.values())
        return [self._directory.categories[id] for id in self._index.of(text)]
