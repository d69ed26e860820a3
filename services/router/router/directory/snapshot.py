"""The published directory as every process uses it: compiled once per publication, noticed within a second."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from zoneinfo import ZoneInfo

from shared.events.model import Location
from shared.messaging.consumer import RetryLater
from shared.reference.areas import AreaIndex
from shared.reference.gazetteer import Gazetteer, block_mentioned
from shared.reference.working_time import utc_now

from router.assigning.rules import Route, Routing, RoutingInput, Where
from router.cases.model import Submission
from router.cases.search_terms import MET_BY_NOTHING, Named, Signs, found_by, looked_for
from router.directory.model import Category, Country, Entity, Official, Place
from router.directory.store import Publication, Publications
from router.metrics import DIRECTORY_VERSION, ROUTING_OF_BATCH

logger = logging.getLogger(__name__)

LOOKED_UP_EVERY_SECONDS = 0.5
UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class Directory:
    """One publication, ready to be asked."""

    version: int
    country: Country
    routing: Routing
    areas: AreaIndex
    places: dict[str, Place]
    gazetteer: Gazetteer[Place]
    zone: ZoneInfo

    @classmethod
    def of(cls, version: int, country: Country, zone: ZoneInfo = UTC) -> "Directory":
        places = {place.id: place for place in country.places}
        areas = AreaIndex([(area.id, area) for area in country.areas], places)
        return cls(version, country, Routing(country), areas, places, Gazetteer(places), zone)

    @cached_property
    def entities(self) -> dict[str, Entity]:
        return {entity.id: entity for entity in self.country.entities}

    @cached_property
    def named(self) -> Named:
        """Map names to the places and areas that a search may mean."""
        return Named(self.country.places, self.country.areas)

    @cached_property
    def officials(self) -> dict[str, Official]:
        return {official.id: official for official in self.country.officials}

    @cached_property
    def categories(self) -> dict[str, Category]:
        return {category.id: category for category in self.country.categories}

    def answers_for(self, category: str, submission: Submission) -> str | None:
        """The entity that the catalogue names for this category, at the submission's place where it depends on that."""
        return self.answering(category, self.where(submission).area)

    def where(self, submission: Submission) -> Where:
        """Reads its whole text: asked once of each."""
        understood = self._understood(submission)
        return Where(self.areas.find(submission.location) or self.areas.find(understood), understood)

    def findable_by(self, submission: Submission, where: Where) -> tuple[str, ...]:
        """By what the desk's search finds it (`domain.finding`)."""
        at = where.understood or submission.location or Location()
        place = at.place if at.place in self.places else None
        if place is None and at.block is not None:
            place = getattr(self.gazetteer.of_block(at.block), "id", None)
        return found_by((submission.text, at.address), at.block, place, where.area)

    def looked_for(self, typed: str) -> Signs:
        """What somebody types into the search of the desk: every group must be met, by one of its signs."""
        return looked_for(typed, self.named)

    def _understood(self, submission: Submission) -> Location | None:
        """Where a submission that has no point, block or known place says that it is: the one block or named place of
        its address, else of its text."""
        said = submission.location or Location()
        if said.lat is not None or said.block is not None or said.place in self.places:
            return None
        for text, is_sentence in ((said.address, False), (submission.text, True)):
            if not text:
                continue
            block, place = block_mentioned(text), self.gazetteer.mentioned(text, is_sentence)
            if block is not None or place is not None:
                return Location(block=block, place=place)
        return None

    def answering(self, category: str, area: str | None) -> str | None:
        """The same, in an area."""
        leaf = self.routing.leaf(category)
        return (leaf.entity or leaf.entity_by_area.get(area or "")) if leaf is not None else None

    def answering_in(self, area: str | None) -> Mapping[str, str | None]:
        """Map every category to the entity that answers in this area; worked out once for each area."""
        if area not in self._answering:
            self._answering[area] = {category: self.answering(category, area) for category in self.categories}
        return self._answering[area]

    @cached_property
    def _answering(self) -> dict[str | None, Mapping[str, str | None]]:
        return {}

    def route(self, submission: Submission, category: str | None, clues: frozenset[str] = frozenset()) -> Route:
        """Decide as `decide`, and count the result."""
        began = time.perf_counter()
        route = self.decide(submission, category, clues)
        ROUTING_OF_BATCH.add(time.perf_counter() - began)
        return route

    def decide(self, submission: Submission, category: str | None, clues: frozenset[str] = frozenset()) -> Route:
        """`clues` are rules that do not decide."""
        where = self.where(submission)
        asked = RoutingInput(
            submission.text,
            submission.kind,
            submission.channel,
            submission.language,
            category,
            where.area,
            submission.received_at.astimezone(self.zone),
        )
        return replace(self.routing.route(asked, clues), where=where)


def signs_wanted(typed: str, directory: Directory | None) -> Signs:
    """Of a list: none where nothing was typed, so that all is meant; what nothing meets where it says nothing, or where
    no directory can tell what it says."""
    if not typed.strip():
        return ()
    return (directory.looked_for(typed) if directory is not None else ()) or MET_BY_NOTHING


class DirectoryInUse:
    """Follows the publications. `announce` is called with each before it is used, by every process (idempotent)."""

    def __init__(
        self,
        publications: Publications,
        announce: Callable[[Publication], Awaitable[object]],
        zone: ZoneInfo = UTC,
    ) -> None:
        self.publications = publications
        self.announce = announce
        self.zone = zone
        self.current: Directory | None = None
        self._one_at_a_time = asyncio.Lock()

    def get(self) -> Directory:
        """Raises RetryLater before the first publication: a submission that comes earlier is kept, not set aside."""
        if self.current is None:
            raise RetryLater("no directory was published yet")
        return self.current

    async def refresh(self) -> None:
        """Take the publication over that holds now, if it is a newer one."""
        async with self._one_at_a_time:
            version = await self.publications.version_at(utc_now())
            if version is None or (self.current is not None and self.current.version >= version):
                return
            publication = await self.publications.read(version)
            # First the others are told of an entity, then it is assigned something. This also repairs a publication
            # whose process died after storing it.
            await self.announce(publication)
            self.current = Directory.of(version, publication.country, self.zone)
            DIRECTORY_VERSION.set(version)
            logger.info("directory in use", extra={"directory_version": version})

    async def run(self) -> None:
        while True:
            await self.refresh()
            await asyncio.sleep(LOOKED_UP_EVERY_SECONDS)
