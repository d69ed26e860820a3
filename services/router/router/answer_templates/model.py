"""Templates of answers: which fit a submission, and what their placeholders stand for."""

import re
from collections.abc import Iterable, Iterator, Mapping

from router.directory.model import AnswerTemplate, Category

PLACEHOLDERS = ("reference", "category", "entity")
IN_BRACES = re.compile(r"\{([^{}]*)\}")


def unknown_placeholders(template: AnswerTemplate) -> list[str]:
    found = IN_BRACES.findall(template.text.ar) + IN_BRACES.findall(template.text.en)
    return sorted(set(found) - set(PLACEHOLDERS))


def fitting(
    templates: Iterable[AnswerTemplate], categories: Mapping[str, Category], category: str | None
) -> Iterator[AnswerTemplate]:
    """Return the templates of the category, of the groups above it and for all categories, in their order."""
    above: set[str | None] = {None}
    while category is not None and category not in above:
        above.add(category)
        found = categories.get(category)
        category = found.parent if found else None
    return (template for template in templates if template.category in above)


def filled(text: str, values: Mapping[str, str]) -> str:
    """A placeholder without a value, as the category of what has none, leaves nothing behind."""
    return IN_BRACES.sub(lambda found: values.get(found[1], ""), text)
