"""Publish a directory: stored whole under the next number, then each thing that changed is told to everybody."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from shared.aggregates import Aggregate, Conflict, Decision, Document, VersionMiss
from shared.commands import CommandKey
from shared.events.directory import (
    AreaChanged,
    CategoryChanged,
    CategoryQuestion,
    DirectoryEvent,
    Elsewhere,
    EntityChanged,
    OfficialChanged,
    PlaceChanged,
    Words,
)
from shared.events.envelope import Cause, Draft
from shared.topics import DIRECTORY

from router.areas import faults_of_areas, faults_of_blocks
from router.domain.checks import Fault, faults
from router.domain.country import Country
from router.repository import SOURCE, DirectoryItems, Item, Publication, Publications

ITEMS_AT_ONCE = 500
MOST_ATTEMPTS = 5
KINDS = {
    "entity": "entities",
    "official": "officials",
    "category": "categories",
    "area": "areas",
    "place": "places",
}


class Faulty(Exception):
    """The directory does not hold together; nothing was stored."""

    def __init__(self, found: Sequence[Fault]) -> None:
        super().__init__(f"{len(found)} faults")
        self.faults = found


class Overtaken(Exception):
    """Another publication than the one the administrator has seen is the newest."""


async def publish(
    publications: Publications,
    items: DirectoryItems,
    country: Country,
    by: str,
    now: datetime,
    cause: Cause,
    key: CommandKey | None = None,
    seen: int | None = None,
) -> Document:
    """The answer: the publication's number, and how many of each kind changed since the one before.

    It is kept under `key`. The same directory again makes no new publication, but tells what an earlier run left
    untold. Raises Faulty, Overtaken, and Conflict where another published at the same moment.
    """
    found = [*faults(country), *faults_of_areas(country.areas), *faults_of_blocks("places", country.places)]
    if found:
        raise Faulty(found)
    newest = await publications.newest_version()
    if seen is not None and seen != (newest or 0):
        raise Overtaken
    before = await publications.read(newest) if newest else None
    publication = before
    counts = changes(before.country if before else None, country)
    if publication is None or publication.country != country:
        publication = Publication((newest or 0) + 1, now, by, country)
        answer = {"version": publication.version, "published": counts}
        if not await publications.add(publication, key, answer):
            raise Conflict("another directory was published at the same moment")
    else:
        answer = {"version": publication.version, "published": counts}
        await publications.answers.keep(publication.version, key, answer)
    await announce(items, publication, now, cause)
    return answer


def changes(before: Country | None, after: Country) -> dict[str, int]:
    """How many entities, officials, categories, areas and places differ, came or went."""
    old = dict(items_of(before)) if before else {}
    new = dict(items_of(after))
    differing = [id for id in old.keys() | new.keys() if old.get(id) != new.get(id)]
    counts = Counter(KINDS[id.partition(":")[0]] for id in differing)
    return {kind: counts[kind] for kind in KINDS.values()}


async def announce(items: DirectoryItems, publication: Publication, now: datetime, cause: Cause) -> None:
    """Bring every item to what the publication says, and publish those that change. Repeating it does no harm."""
    wanted = dict(items_of(publication.country))
    ids = sorted(wanted.keys() | await items.ids())
    for start in range(0, len(ids), ITEMS_AT_ONCE):
        await _announce(items, ids[start : start + ITEMS_AT_ONCE], wanted, publication.version, now, cause)


async def _announce(
    items: DirectoryItems,
    ids: Sequence[str],
    wanted: dict[str, DirectoryEvent],
    version: int,
    now: datetime,
    cause: Cause,
) -> None:
    for _ in range(MOST_ATTEMPTS):
        stored = await items.load(ids)
        changed: list[Aggregate[Item]] = []
        for id in ids:
            aggregate = stored.get(id) or Aggregate(id)
            decision = _decide(aggregate.state, wanted.get(id), version)
            if decision is not None:
                aggregate.apply(decision, SOURCE, now, cause)
                changed.append(aggregate)
        try:
            await items.save(changed)
        except VersionMiss:
            continue  # another process announces the same: look again at what is left
        return
    raise Conflict("the directory is being published by others")


def _decide(item: Item | None, wanted: DirectoryEvent | None, version: int) -> Decision[Item] | None:
    if item is not None and item.publication > version:
        return None  # a later publication has spoken already
    if wanted is None:
        if item is None or not item.data["active"]:
            return None
        wanted = DIRECTORY.adapter.validate_python({**item.data, "active": False})
    data = wanted.model_dump(mode="json")
    if item is not None and item.data == data:
        return None
    return Decision(Item(publication=version, data=data), [Draft(wanted)])


def items_of(country: Country) -> Iterator[tuple[str, DirectoryEvent]]:
    for entity in country.entities:
        yield (
            f"entity:{entity.id}",
            EntityChanged(
                entity=entity.id,
                name=entity.name,
                kind=entity.kind,
                email=entity.email,
                calendar=entity.calendar,
                parent=entity.parent,
            ),
        )
    for official in country.officials:
        yield (
            f"official:{official.id}",
            OfficialChanged(
                official=official.id,
                name=official.name,
                entity=official.entity,
                role=official.role,
                email=official.email,
                language=official.language,
            ),
        )
    for category in country.categories:
        yield (
            f"category:{category.id}",
            CategoryChanged(
                category=category.id,
                name=category.name,
                parent=category.parent,
                priority=category.priority,
                kinds=category.kinds,
                description=category.description,
                keywords=Words.model_validate(category.words.model_dump()),
                questions=tuple(CategoryQuestion.model_validate(each.model_dump()) for each in category.questions),
                elsewhere=Elsewhere.model_validate(category.elsewhere.model_dump()) if category.elsewhere else None,
            ),
        )
    for area in country.areas:
        yield (
            f"area:{area.id}",
            AreaChanged(
                area=area.id,
                name=area.name,
                polygon=tuple(tuple(_to_a_decimetre(position) for position in ring) for ring in area.polygon),
                blocks=area.blocks,
            ),
        )
    for place in country.places:
        yield (
            f"place:{place.id}",
            PlaceChanged(
                place=place.id,
                name=place.name,
                other_names=Words.model_validate(place.other_names.model_dump()),
                lat=place.lat,
                lon=place.lon,
                blocks=place.blocks,
            ),
        )


def _to_a_decimetre(position: Sequence[float]) -> tuple[float, float]:
    return round(position[0], 6), round(position[1], 6)
