"""GeoReport v2 taken literally: which fields an answer has, in which order, and of which kind."""

import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import httpx2

SERVICE = ("service_code", "service_name", "description", "metadata", "type", "keywords", "group")
ATTRIBUTE = (
    *("variable", "code", "datatype", "required", "datatype_description"),
    *("order", "description", "values"),
)
REQUEST = (
    *("service_request_id", "status", "status_notes", "service_name", "service_code", "description"),
    *("agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime"),
    *("address", "address_id", "zipcode", "lat", "long", "media_url"),
)
UPDATE = ("update_id", "service_request_id", "status", "updated_datetime", "description", "media_url")

ID = re.compile(r"[A-Za-z0-9_-]+")
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})")


def xml(response: httpx2.Response, root: str, status: int = 200) -> ElementTree.Element:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "text/xml; charset=utf-8"
    assert response.content.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    element = ElementTree.fromstring(response.content)
    assert element.tag == root
    return element


def json(response: httpx2.Response, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    return response.json()


def spark(element: ElementTree.Element, lists: Sequence[str] = ("attributes", "values", "formats", "endpoints")) -> Any:
    """XML as the convention makes JSON of it, every value as text."""
    if element.tag in lists:
        return [spark(part, lists) for part in element]
    if len(element):
        return {part.tag: spark(part, lists) for part in element}
    return element.text


def as_text(content: Any) -> Any:
    """JSON with every value as XML would write it."""
    match content:
        case dict():
            return {name: as_text(value) for name, value in content.items()}
        case list():
            return [as_text(value) for value in content]
        case bool():
            return str(content).lower()
        case None:
            return None
    return str(content)


def check_service(service: dict[str, Any]) -> None:
    assert tuple(service) == SERVICE
    assert ID.fullmatch(service["service_code"])
    assert service["metadata"] in (True, False)
    assert service["type"] == "realtime"
    assert service["service_name"]
    assert service["description"]


def check_definition(definition: dict[str, Any], code: str) -> None:
    assert tuple(definition) == ("service_code", "attributes")
    assert definition["service_code"] == code
    assert [attribute["order"] for attribute in definition["attributes"]] == [
        *range(1, len(definition["attributes"]) + 1)
    ]
    for attribute in definition["attributes"]:
        assert tuple(attribute) == ATTRIBUTE
        assert ID.fullmatch(attribute["code"])
        assert attribute["variable"] in (True, False)
        assert attribute["required"] in (True, False)
        assert attribute["datatype"] in ("string", "number", "datetime", "text", "singlevaluelist", "multivaluelist")
        assert bool(attribute["values"]) == attribute["datatype"].endswith("list")
        for value in attribute["values"]:
            assert tuple(value) == ("key", "name")
            assert ID.fullmatch(value["key"])


def check_request(request: dict[str, Any]) -> None:
    assert tuple(request) == REQUEST
    assert ID.fullmatch(request["service_request_id"])
    assert request["status"] in ("open", "closed")
    assert ID.fullmatch(request["service_code"])
    assert request["description"]
    for name in ("requested_datetime", "updated_datetime"):
        assert MOMENT.fullmatch(request[name]), request[name]
    assert request["expected_datetime"] is None or MOMENT.fullmatch(request["expected_datetime"])


def check_errors(errors: list[dict[str, Any]], code: int) -> str:
    """All that is said, in one text."""
    assert errors
    for error in errors:
        assert tuple(error) == ("code", "description")
        assert error["code"] == code
        assert error["description"]
    return "\n".join(error["description"] for error in errors)
