"""The pages and files of the record, on real Kafka and MongoDB."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from fastapi import FastAPI
from shared.events.directory import EntityChanged
from shared.events.model import Name

from tests.support import one_record
from tests.support.desk import AtTheDesk
from tests.support.eventually import eventually
from tests.support.neighbours import Neighbours
from tests.support.one_record import YEAR, figures, settled
from tests.support.one_sla_monitor import Client
from tests.support.sla_monitor import (
    answered,
    assigned,
    received,
)

app, client = one_record.app, one_record.client


async def test_what_belongs_to_an_entity_has_its_figures_on_that_ones_pages_and_in_its_file(
    app: FastAPI, client: Client, neighbours: Neighbours
) -> None:
    unit = EntityChanged(entity="roads", name=Name(ar="الطرق", en="Roads"), kind="authority", calendar="utilities")
    await neighbours.publish("entity:roads", unit.model_copy(update={"parent": "works"}))
    submission = str(uuid4())
    await neighbours.publish(submission, received(submission), assigned(submission, "roads"))

    async def has_it() -> bool:
        units = (await figures(client, entity="works"))["units"]
        return [(each["entity"], each["figures"]["open"]) for each in units] == [("roads", 1)]

    await eventually(has_it)
    assert (await figures(client, entity="works", year=YEAR - 1))["units"][0]["figures"]["open"] == 0
    assert (await figures(client, entity="roads"))["units"] == []
    report = await client.get("/performance/report", params={"lang": "en", "entity": "works"})
    assert "What belongs to it" in report.text
    assert "Roads" in report.text
    async with AtTheDesk(app, "head.works", "head", "works") as head:
        page = await head.opens("/performance/entity")
        assert f'href="/performance/report?year={YEAR}&entity=roads"' in page
        assert "ما يتبع لها" in await head.opens("/performance/entity?lang=ar")
    file = await client.get("/performance/figures.csv", params={"lang": "en", "entity": "works"})
    assert 'filename="tawasul-performance-works-' in file.headers["Content-Disposition"]
    lines = [line.split(",") for line in file.text.removeprefix("\ufeff").splitlines()]
    assert lines[0][:2] == ['"Part"', '"Name"']
    open_ones = lines[0].index('"Open"')
    assert ['"What belongs to it"', '"Roads"', '"1"'] in [[*line[:2], line[open_ones]] for line in lines]
    assert (await client.get("/performance/figures.csv", params={"entity": "nobody"})).status_code == 404


async def test_the_page_and_its_file_say_the_same_in_both_languages(client: Client, neighbours: Neighbours) -> None:
    empty = await client.get("/performance", params={"lang": "en", "year": YEAR - 1})
    assert f"There are no figures of {YEAR - 1} yet." in empty.text
    submission = str(uuid4())
    await neighbours.publish(submission, received(submission), assigned(submission), answered(submission))
    await settled(client, answered=1)
    english = await client.get("/performance", params={"lang": "en"})
    arabic = await client.get("/performance", params={"lang": "ar"})
    assert (english.status_code, arabic.status_code) == (200, 200)
    assert "How government answers" in english.text
    assert 'dir="rtl"' in arabic.text
    assert "100%" in english.text
    assert "By category" in english.text
    assert f'href="/api/sla-monitor/v1/performance?year={YEAR}"' in english.text
    assert "style=" not in english.text + arabic.text
    _check_that_each_plot_has_its_table(english.text, answered=1)
    asked: dict[str, Any] = {"lang": "en", "entity": "works", "month": datetime.now(UTC).month}
    report = await client.get("/performance/report", params=asked)
    assert (report.status_code, "Month by month" in report.text, "By area" in report.text) == (200, True, True)
    assert (await client.get("/performance/report", params={"entity": "nobody"})).status_code == 404
    assert (await client.get("/performance/report", params={"month": 13})).status_code == 422
    by_area = await figures(client, entity="works", month=datetime.now(UTC).month)
    assert [(each["area"], each["figures"]["answered"]) for each in by_area["areas"]] == [("-", 1)]
    assert (await figures(client, month=datetime.now(UTC).month % 12 + 1))["figures"]["received"] == 0
    file = await client.get("/performance/figures.csv", params={"lang": "en"})
    titles, works, *others = file.text.removeprefix("\ufeff").splitlines()
    assert titles.startswith('"Part","Name","Share in time"')
    assert works.startswith('"Entity","A name","1.0000","1","0","1","0","0"')
    assert [line.split(",")[0] for line in others] == ['"Month"', '"By area"', '"By kind"', '"By category"']
    assert (await client.get("/performance", params={"year": 1}, headers={"Accept": "text/html"})).status_code == 422


def _check_that_each_plot_has_its_table(page: str, answered: int) -> None:
    """In the page as it is sent: no script has run."""
    plots = re.findall(r'<figure class="plot".*?</figure>', page, re.S)
    assert len(plots) == 2
    for plot in plots:
        drawing, _, rest = plot.partition("</svg>")
        assert 'aria-hidden="true"' in drawing, "who hears the page is told the table alone"
        assert drawing.count("<rect") >= rest.count('<th scope="row">') == 1
        title = re.search(r'<figcaption id="([^"]+)"', plot)
        assert title is not None
        assert f'role="region" aria-labelledby="{title.group(1)}"' in rest
    assert re.findall(r'<td data-value="([^"]*)"', plots[0]) == ["1.0"]
    assert re.findall(r'<td data-value="([^"]*)"', plots[1]) == ["1", str(answered)]
