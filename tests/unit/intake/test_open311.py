"""GeoReport v2, as far as it needs no database: catalogue, discovery, jurisdiction, and how it refuses."""

from typing import Any

import pytest
from intake.open311.catalogue import code_of
from intake.open311.formats import Format, serialised
from intake.open311.status_notes import STATUSES, UPDATES
from intake.submissions.life import Status
from intake.timeline.commands import FACTS_OF_OTHERS
from router.directory.commands import items_of
from router.directory.model import Country
from shared.http.problems import answer, busy
from shared.reference.directory import Directory
from starlette.requests import Request
from tawasul.demo.country import Country as SampleCountry

from tests.support import one_open311
from tests.support.catalogue import EMERGENCY, LAMP, PASSPORT
from tests.support.georeport import as_text, check_definition, check_errors, check_service, json, spark, xml
from tests.support.one_open311 import Client, an_app, asking

client = one_open311.client


async def test_discovery_names_the_endpoint_in_both_formats(client: Client) -> None:
    told = json(await client.get("/open311/v2/discovery.json"))
    assert tuple(told) == ("changeset", "contact", "key_service", "endpoints")
    assert told["changeset"] == "2026-11-24T09:00:01Z"
    (endpoint,) = told["endpoints"]
    assert endpoint == {
        "specification": "http://wiki.open311.org/GeoReport_v2",
        "url": "https://tawasul.example/open311/v2",
        "changeset": "2026-11-24T09:00:01Z",
        "type": "production",
        "formats": ["text/xml", "application/json"],
    }
    assert spark(xml(await client.get("/open311/v2/discovery.xml"), "discovery")) == as_text(told)


async def test_services_are_what_can_be_chosen(client: Client) -> None:
    listed = json(await client.get("/open311/v2/services.json"))
    for service in listed:
        check_service(service)
    assert [service["service_code"] for service in listed] == [code_of(PASSPORT), code_of(LAMP), "unsorted"]
    assert listed[1] == {
        "service_code": "roads_lighting",
        "service_name": "Street lighting",
        "description": "A lamp that is out.",
        "metadata": True,
        "type": "realtime",
        "keywords": "lamp post",
        "group": "Roads",
    }
    root = xml(await client.get("/open311/v2/services.xml"), "services")
    assert {part.tag for part in root} == {"service"}
    assert [spark(part) for part in root] == [as_text(service) | _emptied(service) for service in listed]


def _emptied(content: dict[str, Any]) -> dict[str, None]:
    """An element without text is neither empty nor null: XML does not tell these apart."""
    return {name: None for name, value in content.items() if value == ""}


async def test_every_service_has_a_definition_also_where_nothing_is_asked(client: Client) -> None:
    for service in json(await client.get("/open311/v2/services.json")):
        code = service["service_code"]
        definition = json(await client.get(f"/open311/v2/services/{code}.json"))
        check_definition(definition, code)
        assert bool(definition["attributes"]) == service["metadata"]
        root = xml(await client.get(f"/open311/v2/services/{code}.xml"), "service_definition")
        assert root.find("attributes") is not None
        assert spark(root) == as_text(definition)


async def test_a_definition_says_what_is_asked(client: Client) -> None:
    definition = json(await client.get("/open311/v2/services/roads_lighting.json"))
    note, fault, pole, lamps, *_, near = definition["attributes"]
    assert (note["variable"], note["required"], note["datatype"]) == (False, False, "string")
    assert (fault["required"], fault["values"][0]) == (True, {"key": "dark", "name": "It is dark"})
    assert pole["datatype_description"] == "On the post"
    assert lamps["datatype_description"] == "A number"
    assert near["datatype"] == "multivaluelist"


@pytest.mark.parametrize("lang", ["ar", "en"])
async def test_the_sample_country_is_shown_whole(lang: str) -> None:
    app = an_app()
    app.state.directory = Directory()
    for _, event in items_of(Country.model_validate(SampleCountry().directory())):
        app.state.directory.apply(event)
    async with asking(app) as client:
        listed = json(await client.get("/open311/v2/services.json", params={"lang": lang}))
        for service in listed:
            check_service(service)
            code = service["service_code"]
            definition = json(await client.get(f"/open311/v2/services/{code}.json", params={"lang": lang}))
            check_definition(definition, code)
        assert sum(service["metadata"] for service in listed) >= 15
        assert not {"safety_emergency", "justice_courts"} & {service["service_code"] for service in listed}


async def test_texts_are_in_the_language_of_the_reader(client: Client) -> None:
    arabic = await client.get("/open311/v2/services.json", params={"lang": "ar"})
    assert [service["service_name"] for service in json(arabic)] == ["الجوازات", "إنارة الشوارع", "لست متأكدًا"]
    assert arabic.headers["content-language"] == "ar"
    refused = await client.get("/open311/v2/services/none.json", params={"lang": "ar"})
    assert "لا توجد خدمة" in check_errors(json(refused, 404), 404)


async def test_without_an_ending_the_format_is_xml_unless_json_is_asked_for(client: Client) -> None:
    xml(await client.get("/open311/v2/services"), "services")
    json(await client.get("/open311/v2/services", headers={"Accept": "application/json"}))
    xml(await client.get("/open311/v2/services/none", headers={"Accept": "*/*"}), "errors", 404)


@pytest.mark.parametrize(
    "path",
    [
        *("services/none", "services/roads", "services/roads.lighting", "services/roads_old"),
        *(f"services/{code_of(EMERGENCY)}", "none", "", "services/a/b", "tokens", "services/%00", "tokens/x"),
        "requests/ABC",
    ],
)
async def test_what_is_not_there_is_a_404_in_the_format_asked_for(client: Client, path: str) -> None:
    check_errors(json(await client.get(f"/open311/v2/{path}.json"), 404), 404)
    root = xml(await client.get(f"/open311/v2/{path}.xml"), "errors", 404)
    assert [part.tag for part in root] == ["error"]
    assert [part.tag for part in root[0]] == ["code", "description"]


async def test_another_format_is_not_there_and_another_method_is_a_400(client: Client) -> None:
    xml(await client.get("/open311/v2/services.yaml"), "errors", 404)
    check_errors(json(await client.put("/open311/v2/services.json"), 400), 400)
    check_errors(json(await client.delete("/open311/v2/requests/7K3MX-QPA42.json"), 400), 400)
    assert (await client.head("/open311/v2/services.json")).status_code == 200


async def test_while_the_database_is_not_there_a_client_is_asked_to_come_again() -> None:
    app = an_app()
    app.state.service.is_started = False
    async with asking(app) as client:
        refused = await client.get("/open311/v2/services.json")
        check_errors(json(refused, 503), 503)
        assert refused.headers["retry-after"]


@pytest.mark.parametrize(
    ("required", "given", "status"),
    [(False, "", 200), (False, "bh.example", 200), (False, "other", 404), (True, "", 400), (True, "bh.example", 200)],
)
async def test_the_jurisdiction_is_held_to_the_settings(required: bool, given: str, status: int) -> None:
    app = an_app(open311_jurisdiction="bh.example", open311_jurisdiction_required=required)
    async with asking(app) as client:
        for path in ("services", "services/roads_lighting"):
            answered = await client.get(f"/open311/v2/{path}.json", params={"jurisdiction_id": given})
            assert answered.status_code == status


async def test_where_there_is_one_jurisdiction_whatever_comes_is_ignored(client: Client) -> None:
    json(await client.get("/open311/v2/services.json", params={"jurisdiction_id": "sfgov.org"}))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("status=half", "status"),
        ("start_date=yesterday", "start_date"),
        ("start_date=2026-01-01T00:00:00", "start_date"),
        ("start_date=2026-13-01T00:00:00Z", "start_date"),
        ("end_date=0001-01-01T00:00:00%2B14:00", "end_date"),
        ("start_date=2026-01-01T00:00:00Z&end_date=2026-04-02T00:00:00Z", "90 days"),
        ("start_date=2026-02-01T00:00:00Z&end_date=2026-01-02T00:00:00Z", "before"),
        ("page=0", "page"),
        ("page=1e3", "page"),
        ("page=99999999999999999999", "page"),
        ("page_size=1001", "page_size"),
        ("page_size=-1", "page_size"),
        ("service_code=" + ",".join(["x"] * 1_001), "service_code"),
    ],
)
async def test_a_query_that_cannot_be_understood_is_a_400(client: Client, query: str, said: str) -> None:
    refused = await client.get(f"/open311/v2/requests.json?{query}")
    assert said in check_errors(json(refused, 400), 400)


async def test_what_is_refused_before_it_comes_here_is_refused_in_the_same_form() -> None:
    request = Request({"type": "http", "app": an_app(), "headers": [], "query_string": b"", "path": "", "server": None})
    for path, is_json in (("requests.json", True), ("requests.xml", False), ("requests", False), ("requests.x", False)):
        request = Request({**request.scope, "path": f"/open311/v2/{path}"})
        refused = answer(request, busy())
        assert (refused.status_code, bytes(refused.body).startswith(b"[")) == (503, is_json)
        assert refused.headers["retry-after"]


def test_what_xml_cannot_hold_is_left_out_and_markup_is_text() -> None:
    hostile = "<script>&'\"\x00\x0b\ufffe\U0001f6b2 نص"
    body = serialised(Format.XML, "errors", [{"code": 400, "description": hostile}]).decode()
    assert "&lt;script&gt;&amp;" in body
    assert "\U0001f6b2 نص" in body
    assert not {"\x00", "\x0b", "\ufffe"} & set(body)
    assert serialised(Format.XML, "services", []).endswith(b"<services />")


def test_every_status_and_every_update_has_words_in_both_languages() -> None:
    assert STATUSES.keys() == set(Status)
    assert all(en and ar for en, ar in (*STATUSES.values(), *UPDATES.values()))
    untold = {event.__name__ for event in FACTS_OF_OTHERS} - UPDATES.keys()
    among_officials = {"SubmissionRecategorised", "ConfidentialityChanged"}
    among_officials |= {"SubCaseOpened", "SubCaseMoved", "SubCaseConfided", "SubCaseClosed"}
    assert all(name.startswith(("Deadline", "Notification")) or name in among_officials for name in untold)
