"""RSS and GeoJSON of published submissions, and the areas for maps."""

from email.utils import format_datetime
from typing import Any
from xml.etree import ElementTree

import orjson
from fastapi import APIRouter, Request
from shared.reference.directory import Directory
from shared.web.catalogues import N_
from shared.web.language import Language, language_of
from starlette.responses import Response

from intake.http.words import KINDS, PUBLIC_STATUSES
from intake.open311.formats import NOT_XML
from intake.public_register.dependencies import Filters, ThePublications
from intake.public_register.json_view import PublishedShown, published_json

router = APIRouter(include_in_schema=False)

MOST_ITEMS = 50
MOST_POINTS = 1_000
PUBLIC = {"Cache-Control": "public, max-age=60", "Vary": "Accept-Language, Cookie"}


@router.get("/submissions/feed.rss")
async def rss(request: Request, filters: Filters, publications: ThePublications) -> Response:
    """The newest publications, in the language of the address or the reader."""
    state, lang = request.app.state, language_of(request)
    directory: Directory = state.directory
    words = state.pages.messages(lang).ugettext
    site = state.service.settings.public_url.rstrip("/")
    feed = ElementTree.Element("rss", version="2.0")
    channel = ElementTree.SubElement(feed, "channel")
    _add(channel, "title", words(N_("Published submissions")))
    _add(channel, "link", f"{site}/submissions")
    _add(channel, "description", words(N_("What others reported, and what became of it")))
    _add(channel, "language", lang)
    for each in (await publications.published(filters.database_query(directory), None, MOST_ITEMS)).items:
        if each.state is None:
            continue
        item, shown = ElementTree.SubElement(channel, "item"), published_json(each.state, directory)
        link = f"{site}/submissions/{shown.reference}"
        _add(item, "title", _title(shown, words, lang))
        _add(item, "link", link)
        _add(item, "guid", link)
        _add(item, "pubDate", format_datetime(shown.published_at))
        _add(item, "description", shown.text)
    body = ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)
    return Response(body, media_type="application/rss+xml; charset=utf-8", headers=PUBLIC)


@router.get("/submissions/feed.geojson")
async def geojson(request: Request, filters: Filters, publications: ThePublications) -> Response:
    """Published submissions with a point. RFC 7946 puts the longitude first."""
    state, lang = request.app.state, language_of(request)
    words = state.pages.messages(lang).ugettext
    query = filters.database_query(state.directory, has_point=True)
    features = [
        _feature(published_json(each.state, state.directory), words, lang)
        for each in (await publications.published(query, None, MOST_POINTS)).items
        if each.state is not None
    ]
    body = orjson.dumps({"type": "FeatureCollection", "features": features})
    return Response(body, media_type="application/geo+json", headers=PUBLIC)


@router.get("/submissions/areas.geojson")
async def areas(request: Request) -> Response:
    """The areas' outlines, for maps where tiles may not be loaded."""
    directory, lang = request.app.state.directory, language_of(request)
    features = [
        {
            "type": "Feature",
            "id": id,
            "geometry": {"type": "MultiPolygon", "coordinates": area.parts},
            "properties": {"name": getattr(area.name, lang)},
        }
        for id, area in sorted(directory.areas.items())
        if area.active
    ]
    body = orjson.dumps({"type": "FeatureCollection", "features": features})
    return Response(body, media_type="application/geo+json", headers=PUBLIC)


def _feature(shown: PublishedShown, words: Any, lang: Language) -> dict[str, Any]:
    assert shown.point is not None
    return {
        "type": "Feature",
        "id": shown.reference,
        "geometry": {"type": "Point", "coordinates": [shown.point.lon, shown.point.lat]},
        "properties": {
            "title": _title(shown, words, lang),
            "text": shown.text,
            "kind": shown.kind,
            "category": shown.category,
            "entity": shown.entity,
            "area": shown.area,
            "status": shown.status,
            "status_name": words(PUBLIC_STATUSES[shown.status][0]),
            "received_at": shown.received_at,
            "url": f"/submissions/{shown.reference}",
        },
    }


def _title(shown: PublishedShown, words: Any, lang: Language) -> str:
    kind = str(words(KINDS[shown.kind][0]))
    return f"{kind}: {getattr(shown.category_name, lang)}" if shown.category_name else kind


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = NOT_XML.sub("", text)
