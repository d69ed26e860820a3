"""Whether a directory holds together: what it names is there, every leaf reaches an entity, the last rule is triage."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from shared.events.directory import AnswerType
from shared.reference.spelling import normalised

from router.answer_templates.model import unknown_placeholders
from router.assigning.weekly_times import weekly
from router.directory.faults import Fault, unknown
from router.directory.model import Category, Country, Question, Rule, When, groups
from router.directory.people_checks import faults_of_people


class Identified(Protocol):
    @property
    def id(self) -> str: ...


def faults(country: Country) -> Iterator[Fault]:
    """All there are, in the order of the document. The shapes of areas are checked where they are computed."""
    yield from _faults_of_ids(country)
    yield from _faults_of_entities(country)
    yield from faults_of_people(country)
    yield from _faults_of_categories(country)
    yield from _faults_of_rules(country)
    yield from _faults_of_templates(country)
    yield from _faults_of_places(country)


def _ids(items: Iterable[Identified]) -> set[str]:
    return {item.id for item in items}


def _faults_of_ids(country: Country) -> Iterator[Fault]:
    lists: dict[str, Sequence[Identified]] = {
        "entities": country.entities,
        "officials": country.officials,
        "categories": country.categories,
        "areas": country.areas,
        "places": country.places,
        "rules": country.rules,
        "templates": country.templates,
    }
    for name, items in lists.items():
        for id, count in Counter(item.id for item in items).items():
            if count > 1:
                yield Fault(name, f"The id “{id}” is there {count} times.", f"المعرّف «{id}» مكرر {count} مرات.")


def _faults_of_entities(country: Country) -> Iterator[Fault]:
    entities, areas = _ids(country.entities), _ids(country.areas)
    central = sum(entity.kind == "central" for entity in country.entities)
    if central != 1:
        yield Fault(
            "entities",
            f"Exactly one entity is of kind central, here {central} are.",
            f"يجب أن تكون جهة واحدة فقط من نوع central، وهنا {central}.",
        )
    for number, entity in enumerate(country.entities):
        if entity.parent is not None and entity.parent not in entities:
            yield unknown(f"entities[{number}].parent", "entity", "جهة", entity.parent)
        for area in entity.areas:
            if area not in areas:
                yield unknown(f"entities[{number}].areas", "area", "منطقة", area)
    yield from _circles("entities", {entity.id: entity.parent for entity in country.entities})


def _circles(field: str, parents: dict[str, str | None]) -> Iterator[Fault]:
    sound: set[str] = set()
    for start in parents:
        path: list[str] = []
        id: str | None = start
        while id is not None and id not in sound and id not in path:
            path.append(id)
            id = parents.get(id)
        if id is not None and id in path:
            yield Fault(field, f"“{id}” is its own parent, by way of others.", f"«{id}» أصل لنفسه.")
        sound.update(path)


def _faults_of_categories(country: Country) -> Iterator[Fault]:
    entities, areas = _ids(country.entities), _ids(country.areas)
    known, headings = _ids(country.categories), groups(country)
    served = {entity.id: entity.areas for entity in country.entities if entity.areas}
    for number, category in enumerate(country.categories):
        field = f"categories[{number}]"
        if category.parent is not None and category.parent not in known:
            yield unknown(f"{field}.parent", "category", "فئة", category.parent)
        if category.entity is not None and category.entity not in entities:
            yield unknown(f"{field}.entity", "entity", "جهة", category.entity)
        for area, entity in category.entity_by_area.items():
            if area not in areas:
                yield unknown(f"{field}.entity_by_area", "area", "منطقة", area)
            if entity not in entities:
                yield unknown(f"{field}.entity_by_area", "entity", "جهة", entity)
        yield from _faults_of_reach(field, category, category.id in headings, areas, served)
        yield from _faults_of_questions(field, category, category.id in headings)
        for word in (*category.words.ar, *category.words.en):
            if not normalised(word):
                yield _empty_word(f"{field}.words", word)
    yield from _circles("categories", {category.id: category.parent for category in country.categories})
    yield from _faults_of_service_codes(known)


def _faults_of_service_codes(ids: set[str]) -> Iterator[Fault]:
    """Open311 knows a category by its id with `_` for `.`; two must not become one."""
    for code, count in Counter(id.replace(".", "_") for id in sorted(ids)).items():
        if count > 1:
            yield Fault(
                "categories",
                f"{count} categories would be “{code}” in Open311: “.” and “_” must not be their only difference.",
                f"ستكون {count} فئات باسم «{code}» في Open311: لا يجوز أن يقتصر الفرق بينها على «.» و«_».",
            )


def _faults_of_reach(
    field: str, category: Category, is_group: bool, areas: set[str], served: Mapping[str, tuple[str, ...]]
) -> Iterator[Fault]:
    answers = bool(category.entity) + bool(category.entity_by_area)
    if category.elsewhere is not None:
        if is_group or answers:
            yield Fault(
                f"{field}.elsewhere",
                f"“{category.id}” is not for this system: it has no entity and no category below it.",
                f"الفئة «{category.id}» ليست من اختصاص هذا النظام، فلا تكون لها جهة ولا فئات تحتها.",
            )
        return
    if is_group and answers:
        yield Fault(
            field,
            f"“{category.id}” has categories below it, so no entity answers for it itself.",
            f"تندرج تحت «{category.id}» فئات، فلا تكون لها جهة.",
        )
    if not is_group and answers != 1:
        yield Fault(
            field,
            f"“{category.id}” needs either an entity or an entity for each area.",
            f"تحتاج الفئة «{category.id}» إلى جهة واحدة أو إلى جهة لكل منطقة.",
        )
    yield from _faults_of_service(field, category, served)
    missing = sorted(areas - category.entity_by_area.keys()) if category.entity_by_area else []
    if missing:
        yield Fault(
            f"{field}.entity_by_area",
            f"Nobody answers for “{category.id}” in {', '.join(missing)}.",
            f"لا جهة للفئة «{category.id}» في {'، '.join(missing)}.",
        )


def _faults_of_service(field: str, category: Category, served: Mapping[str, tuple[str, ...]]) -> Iterator[Fault]:
    """Check that entities serve where they answer. `served`: the areas of each entity that does not serve all."""
    if category.entity in served:
        yield Fault(
            f"{field}.entity",
            f"“{category.entity}” serves some areas only and cannot answer for “{category.id}” everywhere.",
            f"تخدم «{category.entity}» بعض المناطق فقط، فلا تجيب عن «{category.id}» في كل مكان.",
        )
    for area, entity in category.entity_by_area.items():
        if area not in served.get(entity, (area,)):
            yield Fault(
                f"{field}.entity_by_area",
                f"“{entity}” does not serve {area}.",
                f"لا تخدم «{entity}» المنطقة {area}.",
            )


LISTS = (AnswerType.SINGLE, AnswerType.MULTIPLE)


def _faults_of_questions(field: str, category: Category, is_group: bool) -> Iterator[Fault]:
    if category.questions and (is_group or category.elsewhere):
        yield Fault(
            f"{field}.questions",
            f"“{category.id}” is never chosen, so nothing is asked.",
            f"الفئة «{category.id}» لا تُختار، فلا أسئلة لها.",
        )
    for code, count in Counter(question.code for question in category.questions).items():
        if count > 1:
            yield Fault(
                f"{field}.questions", f"The code “{code}” is there {count} times.", f"الرمز «{code}» مكرر {count} مرات."
            )
    for number, question in enumerate(category.questions):
        yield from _faults_of_question(f"{field}.questions[{number}]", question)


def _faults_of_question(field: str, question: Question) -> Iterator[Fault]:
    if question.required and question.answer is None:
        yield Fault(
            f"{field}.required", "What takes no answer cannot require one.", "ما لا جواب له لا يمكن أن يكون إلزاميًا."
        )
    if question.answer in LISTS and len(question.options) < 2:
        yield Fault(f"{field}.options", "A list has at least two options.", "للقائمة خياران على الأقل.")
    if question.answer not in LISTS and question.options:
        yield Fault(f"{field}.options", "Only a list has options.", "الخيارات للقوائم وحدها.")
    for key, count in Counter(option.key for option in question.options).items():
        if count > 1:
            yield Fault(
                f"{field}.options", f"The option “{key}” is there {count} times.", f"الخيار «{key}» مكرر {count} مرات."
            )


def _empty_word(field: str, word: str) -> Fault:
    return Fault(field, f"“{word}” has no letter or digit.", f"«{word}» ليس فيها حرف ولا رقم.")


def _no_time(field: str, written: str) -> Fault | None:
    try:
        weekly(written)
    except ValueError:
        return Fault(
            field,
            f"“{written}” is no time of the week, like “fri-sat 08:00-20:00”.",
            f"«{written}» ليس وقتًا من الأسبوع مثل «fri-sat 08:00-20:00».",
        )
    return None


def _faults_of_rules(country: Country) -> Iterator[Fault]:
    entities, areas, categories = _ids(country.entities), _ids(country.areas), _ids(country.categories)
    leaves = categories - groups(country) - {category.id for category in country.categories if category.elsewhere}
    for number, rule in enumerate(country.rules):
        field = f"rules[{number}]"
        for id in rule.when.categories:
            if id not in categories:
                yield unknown(f"{field}.when.categories", "category", "فئة", id)
        for id in rule.when.areas:
            if id not in areas:
                yield unknown(f"{field}.when.areas", "area", "منطقة", id)
        for time in rule.when.times:
            if (fault := _no_time(f"{field}.when.times", time)) is not None:
                yield fault
        for word in rule.when.words:
            if not normalised(word):
                yield _empty_word(f"{field}.when.words", word)
        if rule.then.category is not None and rule.then.category not in leaves:
            yield unknown(
                f"{field}.then.category", "category (that is no group)", "فئة (ليست مجموعة)", rule.then.category
            )
        if rule.then.entity is not None and rule.then.entity not in entities:
            yield unknown(f"{field}.then.entity", "entity", "جهة", rule.then.entity)
    if not _is_last_resort(country.rules[-1]):
        yield Fault(
            f"rules[{len(country.rules) - 1}]",
            "The last rule must match everything and lead to triage: no submission ends nowhere.",
            "يجب أن تنطبق القاعدة الأخيرة على كل طلب وأن تحيله إلى الفرز، حتى لا يضيع طلب.",
        )


def _is_last_resort(rule: Rule) -> bool:
    when = rule.when
    return bool(rule.then.triage) and when == When()


def _faults_of_templates(country: Country) -> Iterator[Fault]:
    known = _ids(country.categories)
    for number, template in enumerate(country.templates):
        if template.category is not None and template.category not in known:
            yield unknown(f"templates[{number}].category", "category", "فئة", template.category)
        for name in unknown_placeholders(template):
            yield unknown(f"templates[{number}].text", "placeholder", "موضع يُملأ", name)


def _faults_of_places(country: Country) -> Iterator[Fault]:
    for number, place in enumerate(country.places):
        for name in (place.name.ar, place.name.en, *place.other_names.ar, *place.other_names.en):
            if not normalised(name):
                yield _empty_word(f"places[{number}].name", name)
