"""Suggests categories for a text by the current catalogue."""

from shared.events.directory import CategoryChanged
from shared.reference.directory import Directory

from intake.catalogue.suggestions import Suggestions


class Suggester:
    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._version = -1
        self._index = Suggestions(())

    def suggested(self, text: str) -> list[CategoryChanged]:
        """At most three categories, the most likely first."""
        if self._version != self._directory.categories_version:
            self._version = self._directory.categories_version
            self._index = Suggestions(self._directory.categories.values())
        return [self._directory.categories[id] for id in self._index.of(text)]
