"""The page of open data, in a browser: looked at in both languages, and a table taken with it."""

import csv
import io

from tests.e2e.citizen import Citizen


async def test_a_table_is_taken_from_the_page_of_open_data(citizen: Citizen) -> None:
    page = citizen.page
    await citizen.goes_to("/submissions")
    await citizen.presses("a[href='/open-data']")
    await citizen.sees("30-open-data")
    await page.select_option("#category", "lighting")
    async with page.expect_download() as taken:
        await citizen.presses("main form .button >> nth=0")
    download = await taken.value
    assert download.suggested_filename.startswith("submissions-")
    text = (await download.path()).read_bytes().decode("utf-8-sig")
    assert next(csv.reader(io.StringIO(text)))[0] == "service_request_id"
    assert citizen.faults == []
