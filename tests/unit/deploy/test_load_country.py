"""Loading a country: for a machine that sets a system up, and only where there is none."""

import httpx2
from tawasul.demo.country import Country
from tawasul.demo.government import Government
from tawasul.load_country import Given


class Taken:
    """Router and sla-monitor as far as publishing goes; `is_there`: each has something already."""

    def __init__(self, is_there: bool) -> None:
        self.is_there = is_there
        self.urls: list[str] = []

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.urls.append(str(request.url))
        assert request.headers["Authorization"] == "Bearer a-token"
        if self.is_there and request.headers.get("If-Match") == '"0"':
            return httpx2.Response(412)
        return httpx2.Response(200, json={"version": 1})


async def load(taken: Taken, only_where_none_is: bool, **where: str) -> bool:
    transport = httpx2.MockTransport(taken.answer)
    async with httpx2.AsyncClient(base_url="http://door", transport=transport) as http:
        return await Government(http, Given("a-token"), Country()).load_country(only_where_none_is, **where)


async def test_a_country_that_is_there_stays_where_only_none_is_asked_for() -> None:
    assert await load(Taken(is_there=True), only_where_none_is=True) is False
    assert await load(Taken(is_there=False), only_where_none_is=True) is True
    assert await load(Taken(is_there=True), only_where_none_is=False) is True


async def test_services_that_no_door_leads_to_yet_are_asked_themselves() -> None:
    taken = Taken(is_there=False)
    await load(taken, True, router="http://router:8102", sla_monitor="http://sla-monitor:8103")
    assert taken.urls == [
        "http://router:8102/api/router/v1/directory",
        "http://sla-monitor:8103/api/sla-monitor/v1/calendars-and-policies",
    ]
