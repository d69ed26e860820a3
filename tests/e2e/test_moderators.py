"""The abuse list and what it holds, in a moderator's browser."""

from playwright.async_api import expect

from tests.e2e.citizen import Citizen

PHRASE = {"en": "earn money fast", "ar": "ربح سريع"}
TEXT = {"en": "You too can earn money fast!", "ar": "يمكنكم أيضًا تحقيق ربح سريع!"}


async def test_what_the_list_knows_waits_for_a_person(citizen: Citizen) -> None:
    page, language = citizen.page, citizen.language
    await citizen.signs_in("central.one", "central", name="Noor Al-Hashimi")
    await citizen.goes_to("/moderation/abuse-list")
    await citizen.presses("main form .button")
    await expect(page.locator(".summary")).to_be_visible()
    citizen.expects(422)
    await page.select_option("#sign", "phrase")
    await page.fill("#value", PHRASE[language])
    await page.fill("#reason", "floods us since Monday")
    await citizen.presses("main form .button")
    await expect(page.locator(".notice")).to_be_visible()
    await citizen.sees("watch-1-list")

    await page.context.clear_cookies(name="tawasul")
    await citizen.goes_to("/submissions/new")
    await page.check("input[name=kind][value=observation]")
    await page.fill("#text", TEXT[language])
    await page.check("input[name=who][value=anonymous]")
    await citizen.presses("form .actions .button")
    await citizen.presses("main button[value=send]")
    reference = str(await page.text_content(".ticket .number bdi"))
    await citizen.goes_to(f"/track/{reference}")
    await citizen.sees("watch-2-track")

    await citizen.signs_in("central.one", "central", name="Noor Al-Hashimi")
    await citizen.goes_to("/moderation/held")
    await citizen.sees("watch-3-held")
    await citizen.presses(f"form[action$='/{reference}/release'] .grave")
    await expect(page.locator(".summary")).to_be_visible()
    citizen.expects(422)
    await page.fill(f"#reason-{reference}", "an advertisement")
    await citizen.presses(f"form[action$='/{reference}/release'] .grave")
    await expect(page.locator(".notice")).to_be_visible()
    await citizen.goes_to("/moderation/abuse-list")
    await page.click(".held .button")
    await expect(page.locator(".nothing")).to_be_visible()
    assert citizen.faults == []
