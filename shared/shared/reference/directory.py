"""Entities, officials, categories, areas and places as they are known now."""

from collections.abc import Iterable, Set
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.events.directory import (
    AreaChanged,
    CategoryChanged,
    EntityChanged,
    OfficialChanged,
    PlaceChanged,
    Publicity,
)
from shared.events.model import EventData, Location, Role
from shared.reference import access
from shared.reference.areas import AreaIndex
from shared.reference.deputies import acting_for, is_absent


class Directory:
    """The directory as known now, looked up by id. `places_version` and `categories_version` grow with every change.
    `zone` says when a day begins on which somebody is absent."""

    def __init__(self, zone: str = "Asia/Bahrain") -> None:
        self._zone = ZoneInfo(zone)
        self.entities: dict[str, EntityChanged] = {}
        self.officials: dict[str, OfficialChanged] = {}
        self.active_officials: dict[str, OfficialChanged] = {}
        self.categories: dict[str, CategoryChanged] = {}
        self.areas: dict[str, AreaChanged] = {}
        self.places: dict[str, PlaceChanged] = {}
        self.places_version = 0
        self.categories_version = 0
        self.changed_at: datetime | None = None
        self._area_index: AreaIndex | None = None
        self._of_entity: dict[str, dict[str, OfficialChanged]] = {}

    def apply(self, change: EventData) -> None:
        match change:
            case EntityChanged():
                self.entities[change.entity] = change
            case OfficialChanged():
                self._put(change)
            case CategoryChanged():
                self.categories[change.category] = change
                self.categories_version += 1
            case AreaChanged():
                self.areas[change.area] = change
                self._area_index = None
            case PlaceChanged():
                self.places[change.place] = change
                self.places_version += 1

    def officials_of(self, entity: str, roles: Iterable[Role]) -> list[OfficialChanged]:
        """Active officials of an entity in any of `roles`, in the order of their ids. Its head is the one that it
        names, wherever they belong; without one, those with this role."""
        wanted = set(roles)
        head = self._head_of(entity) if Role.HEAD in wanted else None
        if head is not None:
            wanted.discard(Role.HEAD)
        own = self._of_entity.get(entity, {}).values()
        found = {o.official: o for o in own if o.active and wanted.intersection((o.role, *o.other_roles))}
        if head is not None:
            found[head.official] = head
        return [found[id] for id in sorted(found)]

    def below(self, entity: str) -> list[str]:
        """The active entities that belong to it, and those that belong to these, in the order of their ids."""
        found: set[str] = {entity}
        while more := {id for id, each in self.entities.items() if each.parent in found and each.active} - found:
            found |= more
        return sorted(found - {entity})

    def is_for_the_public(self, category: str | None) -> bool:
        """Whether everybody may read submissions of this category, where their authors agree."""
        known = self.categories.get(category or "")
        return known is None or known.publication is not Publicity.NEVER

    @property
    def never_public(self) -> list[str]:
        return sorted(id for id in self.categories if not self.is_for_the_public(id))

    def acting(self, officials: Iterable[OfficialChanged], at: datetime) -> list[OfficialChanged]:
        """They, or who acts for those who are absent then; who is acted for by nobody stays. Each once."""
        day, found = at.astimezone(self._zone).date(), list(officials)
        if any(is_absent(each, day) for each in found):
            active = {id: each for id, each in self.officials.items() if each.active}
            found = [active.get(acting_for(each.official, active, day) or "", each) for each in found]
        return list({each.official: each for each in found}.values())

    def is_acted_for(self, official: OfficialChanged, at: datetime) -> bool:
        """By themselves, or by a deputy while they are absent."""
        (acting,) = self.acting([official], at)
        return not is_absent(acting, at.astimezone(self._zone).date())

    def stands_for(self, official: str, at: datetime) -> set[str]:
        """Return the names under which an official reads: as `access.stands_for`, on the day of `at`."""
        return {*access.stands_for(official, self.active_officials, at.astimezone(self._zone).date())}

    def may_read(self, names: Set[str], confided: Iterable[str] | None, entity: str | None) -> bool:
        """Tell whether a case of `entity` exists for somebody with these names: as `access.is_confided`."""
        known = self.entities.get(entity or "")
        heads = {entity: known.head if known else None} if entity is not None else {}
        return access.is_confided(names, access.headed_by(names, heads, self.active_officials), entity, confided)

    def areas_of(self, officials: Iterable[str]) -> frozenset[str] | None:
        """Return where these work together; None means everywhere: as `access.areas_of`."""
        return access.areas_of(officials, self.active_officials)

    def _head_of(self, entity: str) -> OfficialChanged | None:
        known = self.entities.get(entity)
        head = self.officials.get(known.head or "") if known else None
        return head if head is not None and head.active else None

    def area_of(self, location: Location | None) -> str | None:
        """The active area in which it lies."""
        if self._area_index is None:
            active = [(id, area) for id, area in sorted(self.areas.items()) if area.active]
            self._area_index = AreaIndex(active, self.places)
        return self._area_index.find(location)

    def _put(self, official: OfficialChanged) -> None:
        before = self.officials.get(official.official)
        if before is not None:
            del self._of_entity[before.entity][before.official]
        self.officials[official.official] = official
        if official.active:
            self.active_officials[official.official] = official
        else:
            self.active_officials.pop(official.official, None)
        self._of_entity.setdefault(official.entity, {})[official.official] = official
