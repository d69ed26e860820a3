"""`/desk/map`: the list with its filters on a map, as far as people said where it is."""

from typing import Any

import orjson
from fastapi import APIRouter, Request
from shared.privacy.audit import audit_of
from shared.storage.aggregates import StoredAggregate
from shared.web.pages import PRIVATE
from starlette.responses import Response

from router.access.policy import as_seen_by, by_what_right
from router.cases.model import Assignment
from router.desk.filters import VIEWS, Asked
from router.desk.view import Reader, desk_page, line
from router.http.dependencies import TheAssignments
from router.http.sign_in import Official

router = APIRouter(include_in_schema=False)

MOST = 500
"""Of the list, what is due next; a map with more says nothing."""


@router.get("/desk/map")
async def show(request: Request, caller: Official, filters: Asked) -> Response:
    views = {view: words for view, (words, _) in VIEWS.items()}
    return desk_page(request, Reader.of(request), "map.html", filters=filters, views=views, most=MOST)


@router.get("/desk/points.geojson")
async def points(request: Request, caller: Official, assignments: TheAssignments, filters: Asked) -> Response:
    """Return the points of the map, recorded as listed. A caller who may not see the exact place gets none."""
    reader = Reader.of(request)
    wanted = filters.wanted(caller, reader)
    features, ids = [], []
    for aggregate in await assignments.page(wanted, None, MOST):
        assert aggregate.state is not None
        feature = _feature(aggregate, as_seen_by(caller, aggregate.state), reader)
        if feature is not None:
            features.append(feature)
            ids.append(aggregate.id)
    if ids:
        why = by_what_right(caller, wanted.entity)
        await audit_of(request).record(request, caller, "list", "assignment", ids, why)
    body = orjson.dumps({"type": "FeatureCollection", "features": features})
    return Response(body, media_type="application/geo+json", headers=PRIVATE)


def _feature(aggregate: StoredAggregate[Assignment], state: Assignment, reader: Reader) -> dict[str, Any] | None:
    at = state.submission.location if state.submission else None
    if at is None or at.lat is None or at.lon is None:
        return None
    said = line(state, reader)
    return {
        "type": "Feature",
        "id": aggregate.id,
        "geometry": {"type": "Point", "coordinates": [at.lon, at.lat]},
        "properties": {
            "title": said.reference,
            "text": said.excerpt,
            "status": state.state.value,
            "status_name": reader.words.ugettext(said.state[0]),
            "url": f"/desk/{said.reference}",
        },
    }
