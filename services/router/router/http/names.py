"""Names of ids of the directory in the reader's language; an id that is gone is shown as it is."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from shared.events.model import Name
from shared.reference.deputies import is_absent

from router.answer_templates.model import fitting
from router.assigning.reasons import told_in
from router.cases.model import Assignment
from router.directory.model import AnswerTemplate, Category, Official
from router.directory.snapshot import Directory

Group = tuple[str | None, list[tuple[str, str]]]
"""A heading, and what can be chosen below it: ids and names."""


class Names:
    """Before the first publication nothing has a name."""

    def __init__(self, directory: Directory | None, lang: str) -> None:
        self._directory = directory
        self._lang = lang

    def of(self, name: Name) -> str:
        return self._in_language(name)

    def entity(self, id: str | None) -> str:
        found = self._directory.entities.get(id or "") if self._directory else None
        return self._in_language(found.name) if found else id or ""

    def category(self, id: str | None) -> str:
        found = self._directory.categories.get(id or "") if self._directory else None
        return self._in_language(found.name) if found else id or ""

    def can_be_chosen(self, category: str) -> bool:
        return self._directory is not None and self._directory.routing.leaf(category) is not None

    def place(self, id: str | None) -> str:
        found = self._directory.places.get(id or "") if self._directory else None
        return self._in_language(found.name) if found else id or ""

    def reason(self, assignment: Assignment) -> str:
        """Why it is where it is; stored in its author's language."""
        decided = assignment.decided
        if decided is None or self._directory is None:
            return decided.reason if decided else ""
        category = self._directory.categories.get(assignment.category or "")
        entity = self._directory.entities.get(assignment.entity or "")
        rule = next((each for each in self._directory.country.rules if each.id == decided.rule), None)
        names = [each.name for each in (category, entity) if each is not None]
        return told_in(self._lang, decided.reason, names, category, rule, decided.words)

    def official(self, id: str) -> str | None:
        found = self._directory.officials.get(id) if self._directory else None
        return self._in_language(found.name) if found else None

    def staff(self, official: Official, today: date) -> str:
        """With what one should know before giving them something."""
        name = self._in_language(official.name)
        if not is_absent(official, today):
            return name
        return f"{name} (غائب)" if self._lang == "ar" else f"{name} (absent)"

    def listed(self, words: Sequence[str]) -> str:
        return ("، " if self._lang == "ar" else ", ").join(words)

    def answer(self, category: str | None, code: str, given: str | Sequence[str]) -> tuple[str, str]:
        """A question of the category and its answer, in words where those of a list were chosen."""
        found = self._directory.categories.get(category or "") if self._directory else None
        question = next((each for each in found.questions if each.code == code), None) if found else None
        options = {option.key: self._in_language(option.name) for option in question.options} if question else {}
        keys = [given] if isinstance(given, str) else given
        said = self.listed([options.get(key, key) for key in keys])
        return self._in_language(question.name) if question else code, said

    def templates(self, assignment: Assignment, own: Sequence[AnswerTemplate] = ()) -> list[Group]:
        """List the templates for an answer: the entity's own first, then those of the directory."""
        if self._directory is None:
            return []
        groups = []
        for heading, templates in ((self.entity(assignment.entity), own), (None, self._directory.country.templates)):
            found = fitting(templates, self._directory.categories, assignment.category)
            groups.append((heading, [(template.id, self._in_language(template.name)) for template in found]))
        return [(heading, choices) for heading, choices in groups if choices]

    def categories_and_groups(self) -> list[Group]:
        """The whole catalogue, groups too."""
        if self._directory is None:
            return []
        found = [(each.id, self._in_language(each.name)) for each in self._directory.country.categories]
        return [(None, sorted(found, key=lambda choice: choice[1]))]

    def entities(self, without: str | None = None) -> list[Group]:
        """All but the central office, which answers nobody, and `without`; in the reader's order of letters."""
        if self._directory is None:
            return []
        found = [
            (entity.id, self._in_language(entity.name))
            for entity in self._directory.country.entities
            if entity.kind != "central" and entity.id != without
        ]
        return [(None, sorted(found, key=lambda choice: choice[1]))]

    def categories(self) -> list[Group]:
        """The leaves under the names of their groups."""
        if self._directory is None:
            return []
        groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for category in self._directory.country.categories:
            if self._directory.routing.leaf(category.id) is not None:
                groups[self._heading(category)].append((category.id, self._in_language(category.name)))
        return [
            (heading or None, sorted(choices, key=lambda choice: choice[1]))
            for heading, choices in sorted(groups.items())
        ]

    def _heading(self, category: Category) -> str:
        return self.category(category.parent) if category.parent else ""

    def _in_language(self, name: Name) -> str:
        return name.ar if self._lang == "ar" else name.en
