"""What is kept of a person, and how a citizen takes it back, in a browser."""

from playwright.async_api import expect

from tests.e2e.citizen import Citizen

TEXT = {"en": "The lamp at my house is out.", "ar": "المصباح عند بيتي مطفأ."}


async def test_a_citizen_reads_what_is_kept_and_erases_it(citizen: Citizen) -> None:
    page = citizen.page
    await citizen.goes_to("/submissions/new")
    await page.check("input[name=kind][value=complaint]")
    await page.fill("#text", TEXT[citizen.language])
    await page.check("input[name=who][value=anonymous]")
    await citizen.presses("form .actions .button")
    await citizen.presses("main button[value=send]")
    await page.wait_for_url("**/done")
    reference = str(await page.text_content(".ticket .number bdi"))

    await citizen.presses("footer a[href='/privacy']")
    await citizen.sees("privacy-1-page")
    await citizen.goes_to(f"/track/{reference}")
    await citizen.presses(f"a[href='/track/{reference}/erasure']")
    await citizen.sees("privacy-2-erase")
    await citizen.presses("main form button.grave")
    await expect(page.locator("main .notice")).to_be_visible()
    assert TEXT[citizen.language] not in await page.content()
    await citizen.sees("privacy-3-erased")
