"""Place fields of the forms: the typed name, its interpretation, and the choice between several matches."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.events.directory import PlaceChanged
from shared.events.model import Location
from shared.reference.gazetteer import Gazetteer, block_in
from shared.web.catalogues import N_

from intake.catalogue.places import Places, with_address

NONE_OF_THESE = "none"
MOST_SUGGESTED = 300
"""The largest number of place names that a form offers for completion; more would dominate the page's size."""

WHICH = N_("Choose which place you mean.")


@dataclass(frozen=True)
class PlaceMatch:
    """`place` and `block` are in words; `choices` holds ids and words of several matches, `is_open` until one is
    chosen."""

    place: str | None = None
    block: str | None = None
    choices: Sequence[tuple[str, str]] = ()
    is_open: bool = False


def suggested_place_names(places: Places, lang: str) -> list[str]:
    """All place names, if they are few enough."""
    known = places.gazetteer.places
    return sorted(getattr(place.name, lang) for place in known) if len(known) <= MOST_SUGGESTED else []


def location_from(form: dict[str, str], gazetteer: Gazetteer[PlaceChanged]) -> dict[str, str]:
    """The location as the API takes it. A chosen match is sent as its id, and the typed text is kept in the address."""
    location = {name: form[name] for name in ("block", "address", "lat", "lon") if form.get(name)}
    typed = form.get("place", "")
    if not typed:
        return location
    chosen = form.get("place_id", "")
    if chosen in {place.place for place in gazetteer.find(typed).places}:
        return location | {"place": chosen, "address": with_address(typed, form.get("address"))}
    return location | {"place": typed}


def match_place(places: Places, form: dict[str, str], lang: str) -> PlaceMatch:
    gazetteer = places.gazetteer
    typed, chosen = form.get("place", ""), form.get("place_id", "")
    written = block_in(typed) if typed else None
    block = form.get("block") or written or ""
    of_block = gazetteer.of_block(block) if block.isdecimal() else None
    said = PlaceMatch(block=place_name(places, of_block, lang, Location(block=block)) if block else None)
    if not typed or (written is not None and written == block):
        return said
    offered = gazetteer.find(typed)
    if offered.is_sure:
        return PlaceMatch(place_name(places, offered.places[0], lang), said.block)
    choices = [(place.place, place_name(places, place, lang) or "") for place in offered.places]
    is_open = bool(choices) and chosen not in (NONE_OF_THESE, *(id for id, _ in choices))
    return PlaceMatch(None, said.block, choices, is_open)


def place_name(places: Places, place: PlaceChanged | None, lang: str, otherwise: Location | None = None) -> str | None:
    """The place's name and its area; only the area for a point or block without a name."""
    directory = places.directory
    location_in_words = Location(lat=place.lat, lon=place.lon) if place else otherwise
    area = directory.areas.get(directory.area_of(location_in_words) or "")
    names = [getattr(each.name, lang) for each in (place, area) if each is not None]
    return ("، " if lang == "ar" else ", ").join(names) or None


def place_of(places: Places, location: Location | None, lang: str) -> str | None:
    """The named place in words."""
    if location is None or location.place is None:
        return None
    return place_name(places, places.directory.places.get(location.place), lang) or location.place


def location_in_words(places: Places, location: Location | None, lang: str) -> dict[str, str | None] | None:
    """The complete location in words, for its author."""
    if location is None:
        return None
    has_point = location.lat is not None and location.lon is not None
    point = f"{location.lat:.6f}, {location.lon:.6f}" if has_point else None
    name = place_of(places, location, lang)
    said = {"name": name, "block": location.block, "address": location.address, "point": point}
    return said if any(said.values()) else None
