"""Writes one content as XML or JSON, as GeoReport v2 maps them (Spark convention).

A list is an element around elements of a fixed name in XML, and an array in JSON; a missing value is an empty element,
or null.
"""

import re
from enum import StrEnum
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import orjson
from starlette.requests import Request
from starlette.responses import Response

ITEMS = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
"""Element names by the name of their list."""

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML document may contain, even escaped."""


class Format(StrEnum):
    XML = "xml"
    JSON = "json"

    @property
    def media_type(self) -> str:
        return "text/xml; charset=utf-8" if self is Format.XML else "application/json; charset=utf-8"


def format_of(request: Request, ending: str) -> Format | None:
    """The format by the address's suffix, otherwise by `Accept`, otherwise XML, which the standard requires."""
    if ending:
        return Format(ending) if ending in tuple(Format) else None
    accepted = request.headers.get("accept", "")
    return Format.JSON if "json" in accepted and "xml" not in accepted else Format.XML


def serialised(format: Format, name: str, content: Any) -> bytes:
    if format is Format.JSON:
        return orjson.dumps(content)
    root = Element(name)
    _fill(root, content)
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=False)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body


def answer(
    format: Format, name: str, content: Any, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    response = Response(serialised(format, name, content), status, headers)
    response.headers["Content-Type"] = format.media_type
    return response


def _fill(element: Element, content: Any) -> None:
    match content:
        case dict():
            for name, part in content.items():
                _fill(SubElement(element, name), part)
        case list():
            for part in content:
                _fill(SubElement(element, ITEMS[element.tag]), part)
        case bool():
            element.text = str(content).lower()
        case None:
            pass
        case _:
            element.text = NOT_XML.sub("", str(content))
