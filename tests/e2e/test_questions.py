"""A category's questions, in a browser without JavaScript: answered, checked, sent and found again; or whom to call."""

from playwright.async_api import expect

from tests.e2e.catalogue import ASKING, NOTICE, has_a_catalogue
from tests.e2e.citizen import Citizen


async def _writes(citizen: Citizen, category: str) -> None:
    page = citizen.page
    await citizen.goes_to("/submissions/new?kind=complaint")
    await page.fill("#text", "Three dogs at the school gate. / ثلاثة كلاب عند باب المدرسة.")
    await page.select_option("#category", category)
    await page.check("input[name=who][value=anonymous]")
    await citizen.presses("form .actions .button[value=check]")


async def test_questions_are_asked_answered_checked_and_found_again(citizen: Citizen) -> None:
    await has_a_catalogue(citizen)
    page = citizen.page
    await _writes(citizen, ASKING)
    await citizen.sees("20-questions")

    await page.fill("#q-count", "many")
    await page.fill("#q-details", "They bark <b>all night</b>.")
    await citizen.presses("form .actions .button[value=check]")
    await expect(page.locator(".summary li")).to_have_count(3)
    citizen.expects(422)
    assert await page.input_value("#q-details") == "They bark <b>all night</b>."
    await citizen.sees("21-questions-with-faults")

    await page.select_option("#q-animal", "dogs")
    await page.check("[id='q-state.aggressive']")
    await page.check("[id='q-state.injured']")
    await page.fill("#q-count", "٣")
    await page.fill("#q-since", "2026-11-20")
    await citizen.presses("form .actions .button[value=check]")
    await expect(page.locator(".facts dd", has_text="<b>all night</b>")).to_be_visible()
    await citizen.sees("22-check-with-answers")

    await citizen.presses("main button[value=change]")
    await expect(page.locator("#text")).to_be_visible()
    await citizen.presses("form .actions .button[value=check]")
    await citizen.presses("main button[value=send]")
    reference = str(await page.text_content(".ticket .number bdi"))
    await citizen.goes_to(f"/track/{reference}")
    await expect(page.locator(".facts dd", has_text="2026-11-20")).to_be_visible()
    await citizen.sees("23-track-with-answers")
    id = await citizen.site.id_of(reference)
    kept = (await citizen.site.intake.state.submissions.find(id)).state.answers
    assert kept == {
        "animal": "dogs",
        "count": "3",
        "state": ["aggressive", "injured"],
        "since": "2026-11-20",
        "details": "They bark <b>all night</b>.",
    }
    assert citizen.faults == []


async def test_an_emergency_is_sent_to_the_telephone_and_nothing_typed_is_lost(citizen: Citizen) -> None:
    await has_a_catalogue(citizen)
    page = citizen.page
    await _writes(citizen, NOTICE)
    await expect(page.locator("a[href='tel:999']")).to_be_visible()
    await citizen.sees("24-elsewhere")
    await citizen.presses("main button[value=change]")
    assert "Three dogs" in await page.input_value("#text")
    assert citizen.faults == []
