"""The catalogue as GeoReport v2 services and service definitions."""

from collections.abc import Iterator
from typing import Any

from shared.events.directory import AnswerType, CategoryChanged, CategoryQuestion
from shared.events.model import Name
from shared.reference.directory import Directory

HINTS = {
    AnswerType.NUMBER: ("A number", "رقم"),
    AnswerType.DATETIME: ("A date, or date and time, as in ISO 8601", "تاريخ، أو تاريخ ووقت، بصيغة ISO 8601"),
    AnswerType.SINGLE: ("One of the list", "خيار واحد من القائمة"),
    AnswerType.MULTIPLE: ("Any of the list; send the attribute once for each", "خيار أو أكثر؛ تُرسل السمة مرة لكل خيار"),
}
"""Default hints for answers, in English and Arabic."""


UNSORTED = CategoryChanged(
    category="unsorted",
    name=Name(ar="لست متأكدًا", en="I am not sure"),
    description=Name(
        ar="صف الأمر بكلماتك، وسنجد الجهة المسؤولة.", en="Say it in your own words. We find the responsible entity."
    ),
)
"""The service of submissions without a category: GeoReport requires one, intake does not."""


def code_of(category: str | None) -> str:
    """The service code of a category; UNSORTED for none. Open311 codes have no dots; the router keeps them distinct."""
    return (category or UNSORTED.category).replace(".", "_")


def services(directory: Directory) -> Iterator[CategoryChanged]:
    """Categories that can be chosen, in a stable order, without groups and without those handled elsewhere."""
    headings = {category.parent for category in directory.categories.values()}
    for id, category in sorted(directory.categories.items()):
        if category.active and id not in headings and category.elsewhere is None:
            yield category
    yield UNSORTED


def service_of(directory: Directory, code: str) -> CategoryChanged | None:
    return next((category for category in services(directory) if code_of(category.category) == code), None)


def notice_of(directory: Directory, code: str) -> CategoryChanged | None:
    """Raised for a category that is handled elsewhere."""
    notices = (each for each in directory.categories.values() if each.active and each.elsewhere is not None)
    return next((each for each in notices if code_of(each.category) == code), None)


def name_of(directory: Directory, category: str | None, lang: str) -> str:
    known = directory.categories.get(category) if category else UNSORTED
    return str(getattr(known.name, lang)) if known else str(category)


def entity_name(directory: Directory, entity: str | None, lang: str) -> str | None:
    known = directory.entities.get(entity) if entity else None
    return str(getattr(known.name, lang)) if known else entity


def service(category: CategoryChanged, directory: Directory, lang: str) -> dict[str, Any]:
    name = getattr(category.name, lang)
    return {
        "service_code": code_of(category.category),
        "service_name": name,
        "description": getattr(category.description, lang) if category.description else name,
        "metadata": bool(category.questions),
        "type": "realtime",
        "keywords": ", ".join(word.replace(",", " ") for word in getattr(category.keywords, lang)),
        "group": name_of(directory, category.parent, lang) if category.parent else None,
    }


def definition(category: CategoryChanged, lang: str) -> dict[str, Any]:
    return {
        "service_code": code_of(category.category),
        "attributes": [_attribute(order, each, lang) for order, each in enumerate(category.questions, start=1)],
    }


def _attribute(order: int, question: CategoryQuestion, lang: str) -> dict[str, Any]:
    datatype = question.answer or AnswerType.STRING
    en, ar = HINTS.get(datatype, (None, None)) if question.answer else (None, None)
    return {
        "variable": question.answer is not None,
        "code": question.code,
        "datatype": datatype.value,
        "required": question.required,
        "datatype_description": getattr(question.hint, lang) if question.hint else {"en": en, "ar": ar}[lang],
        "order": order,
        "description": getattr(question.name, lang),
        "values": [{"key": option.key, "name": getattr(option.name, lang)} for option in question.options],
    }
