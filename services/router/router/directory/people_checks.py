"""Whether officials, their deputies and absences, and the heads of entities hold together."""

from collections.abc import Iterator, Mapping

from router.directory.faults import Fault, unknown
from router.directory.model import Country, Entity, Official


def faults_of_people(country: Country) -> Iterator[Fault]:
    entities = {entity.id: entity for entity in country.entities}
    officials = {official.id: official for official in country.officials}
    for number, entity in enumerate(country.entities):
        if entity.head is not None:
            yield from _faults_of_head(f"entities[{number}].head", entity, entity.head, entities, officials)
    yield from _faults_of_areas(country)
    categories, areas = {each.id for each in country.categories}, {each.id for each in country.areas}
    for number, official in enumerate(country.officials):
        field = f"officials[{number}]"
        served = entities.get(official.entity)
        if served is None:
            yield unknown(f"{field}.entity", "entity", "جهة", official.entity)
        yield from _faults_of_deputies(f"{field}.deputies", official, officials)
        yield from _faults_of_absences(f"{field}.absences", official)
        for id in official.skills:
            if id not in categories:
                yield unknown(f"{field}.skills", "category", "فئة", id)
        for id in official.areas:
            if id not in areas:
                yield unknown(f"{field}.areas", "area", "منطقة", id)
            elif served is not None and served.areas and id not in served.areas:
                yield Fault(
                    f"{field}.areas", f"“{served.id}” does not serve {id}.", f"لا تخدم «{served.id}» المنطقة {id}."
                )


def _faults_of_areas(country: Country) -> Iterator[Fault]:
    """Officials with areas see no others: where all of an entity have some, every area it serves needs somebody."""
    for number, entity in enumerate(country.entities):
        team = [official for official in country.officials if official.entity == entity.id]
        if not team or not all(official.areas for official in team):
            continue
        seen = {area for official in team for area in official.areas}
        served = entity.areas or tuple(each.id for each in country.areas)
        for area in served:
            if area not in seen and seen.issubset(served):  # what is not served has a fault of its own
                yield Fault(
                    f"entities[{number}]",
                    f"Nobody of “{entity.id}” works in {area}: what comes from there nobody would see.",
                    f"لا يعمل أحد من «{entity.id}» في المنطقة {area}، فلن يطّلع أحد على ما يرد منها.",
                )


def _faults_of_head(
    field: str, entity: Entity, id: str, entities: Mapping[str, Entity], officials: Mapping[str, Official]
) -> Iterator[Fault]:
    head = officials.get(id)
    if head is None:
        yield unknown(field, "official", "موظف", id)
    elif head.entity not in _upwards(entity, entities):
        yield Fault(
            field,
            f"“{id}” belongs neither to “{entity.id}” nor to an entity above it.",
            f"لا ينتمي «{id}» إلى «{entity.id}» ولا إلى جهة فوقها.",
        )


def _upwards(entity: Entity, entities: Mapping[str, Entity]) -> set[str]:
    """It and all above it."""
    found: set[str] = set()
    id: str | None = entity.id
    while id is not None and id not in found:
        found.add(id)
        above = entities.get(id)
        id = above.parent if above else None
    return found


def _faults_of_deputies(field: str, official: Official, officials: Mapping[str, Official]) -> Iterator[Fault]:
    """Two may be each other's deputies: who acts is looked for among those who are not absent."""
    for id in dict.fromkeys(official.deputies):
        deputy = officials.get(id)
        if deputy is None:
            yield unknown(field, "official", "موظف", id)
        elif id == official.id:
            yield Fault(field, f"“{id}” cannot be their own deputy.", f"لا ينوب «{id}» عن نفسه.")
        elif deputy.entity != official.entity:
            yield Fault(
                field,
                f"“{id}” belongs to another entity and cannot act for “{official.id}”.",
                f"ينتمي «{id}» إلى جهة أخرى، فلا ينوب عن «{official.id}».",
            )


def _faults_of_absences(field: str, official: Official) -> Iterator[Fault]:
    for absence in official.absences:
        if absence.last_day < absence.first_day:
            yield Fault(
                field,
                f"An absence ends on {absence.last_day} before it begins on {absence.first_day}.",
                f"ينتهي غياب في {absence.last_day} قبل أن يبدأ في {absence.first_day}.",
            )
