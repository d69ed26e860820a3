"""Publish a directory: stored whole under the next number, then each thing that changed is told to everybody."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.events.directory import (
    Absence,
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
from shared.events.envelope import Cause, OutgoingEvent
from shared.events.topics import DIRECTORY
from shared.http.commands import CommandKey, SeenVersions, differs
from shared.storage.aggregates import Conflict, Decision, Document, StoredAggregate, VersionMiss

from router.cases.store import SOURCE, DirectoryItems, Item
from router.directory.areas import polygon
from router.directory.differences import differences
from router.directory.faults import Fault
from router.directory.model import Area, Country
from router.directory.store import Edit, Publication, Publications
from router.directory_drafts.checks import faults_of

ITEMS_AT_ONCE = 500
MOST_ATTEMPTS = 5
MOST_NAMED = 10_000
"""Changed things that a publication names, so that each one's history is found."""

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


class AnotherWaits(Exception):
    """A publication waits to begin: what is published now would be undone by it. It is taken back first."""

    def __init__(self, version: int) -> None:
        super().__init__(f"publication {version} waits")
        self.version = version


@dataclass(frozen=True)
class Reason:
    """Why something is published, from when on it holds (None: at once), and who wrote what of it."""

    why: str = ""
    valid_from: datetime | None = None
    edits: tuple[Edit, ...] = ()


async def publish(
    publications: Publications,
    items: DirectoryItems,
    country: Country,
    by: str,
    now: datetime,
    cause: Cause,
    key: CommandKey | None = None,
    seen: SeenVersions = None,
    reason: Reason = Reason(),
) -> Document:
    """The answer: the publication's number, from when on it holds, and how many of each kind changed since the one
    before.

    It is kept under `key`. The same directory again makes no new publication, but tells what an earlier run left
    untold. Raises Faulty, Overtaken, AnotherWaits, and Conflict where another published at the same moment.
    """
    found = await asyncio.to_thread(faults_of, country)
    if found:
        raise Faulty(found)
    latest = await publications.latest_version()
    if differs(seen, latest or 0):
        raise Overtaken
    waiting = await publications.waiting_version(now)
    if waiting is not None:
        raise AnotherWaits(waiting)
    before = await publications.read(latest) if latest else None
    counts = changes(before.country if before else None, country)
    if before is not None and before.country == country:
        publication = before
        answer = {"version": before.version, "valid_from": before.holds_from, "published": counts}
        await publications.answers.keep(before.version, key, answer)
    else:
        number = (await publications.newest_version() or 0) + 1
        publication = _publication(number, country, before, by, now, reason)
        answer = {"version": number, "valid_from": publication.holds_from, "published": counts}
        if not await publications.add(publication, key, answer):
            raise Conflict("another directory was published at the same moment")
    if publication.holds_from <= now:
        await announce(items, publication, now, cause)
    return answer


def _publication(
    number: int, country: Country, before: Publication | None, by: str, now: datetime, reason: Reason
) -> Publication:
    changed = [each.key for each in differences(before.country, country)] if before else []
    begins = max(reason.valid_from, now) if reason.valid_from else now
    return Publication(
        version=number,
        at=now,
        by=by,
        why=reason.why,
        valid_from=begins,
        changed=tuple(changed[:MOST_NAMED]),
        edits=reason.edits,
        country=country,
    )


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
        changed: list[StoredAggregate[Item]] = []
        for id in ids:
            aggregate = stored.get(id) or StoredAggregate(id)
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
    return Decision(Item(publication=version, data=data), [OutgoingEvent(wanted)])


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
                areas=entity.areas,
                head=entity.head,
                phone=entity.phone,
                website=entity.website,
                address=entity.address,
                assigning=entity.assigning,
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
                other_roles=official.other_roles,
                deputies=official.deputies,
                absences=tuple(Absence.model_validate(each.model_dump()) for each in official.absences),
                skills=official.skills,
                areas=official.areas,
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
                publication=category.publication,
            ),
        )
    for area in country.areas:
        yield f"area:{area.id}", _area_changed(area)
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


def _area_changed(area: Area) -> AreaChanged:
    """A consumer that knows nothing of several pieces of land goes on with the largest."""
    parts = [tuple(tuple(_to_a_decimetre(position) for position in ring) for ring in part) for part in area.parts]
    return AreaChanged(
        area=area.id,
        name=area.name,
        polygon=max(parts, key=lambda part: polygon(part).area),
        polygons=tuple(parts) if len(parts) > 1 else (),
        blocks=area.blocks,
    )


def _to_a_decimetre(position: Sequence[float]) -> tuple[float, float]:
    return round(position[0], 6), round(position[1], 6)
