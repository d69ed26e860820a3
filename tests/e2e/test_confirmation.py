"""The reader of a mail says in a browser whether the address is theirs; its link stands in the mail alone.

That the link is the one of a real mail is told in `tests/component/test_confirmation.py`.
"""

import re
from datetime import timedelta

from playwright.async_api import expect
from shared.reference.working_time import utc_now

from tests.e2e.citizen import Citizen


async def files(citizen: Citizen, field: str = "#email", value: str = "maryam@citizens.example") -> str:
    page = citizen.page
    await citizen.goes_to("/submissions/new")
    await page.check("input[name=kind][value=complaint]")
    await page.fill("#text", "2825")
    await page.check("input[name=who][value=contact]")
    await page.fill(field, value)
    await citizen.presses("form .actions .button")
    await citizen.presses("main button[value=send]")
    await page.wait_for_url(re.compile("/done$"))
    return str(await page.text_content(".ticket .number bdi"))


async def link(citizen: Citizen, reference: str, by_sms: bool = False) -> str:
    tracking, id = citizen.site.intake.state.tracking, await citizen.site.id_of(reference)
    return f"/track/{reference}/confirm/{tracking.number_confirmation(id) if by_sms else tracking.confirmation(id)}"


async def test_an_address_is_confirmed_with_one_button(citizen: Citizen) -> None:
    page = citizen.page
    reference = await files(citizen)
    await citizen.sees("confirm-1-done")
    await citizen.goes_to(f"/track/{reference}")
    await citizen.sees("confirm-2-track-before")
    await page.context.clear_cookies(name="tawasul")

    await citizen.goes_to(await link(citizen, reference))
    await citizen.sees("confirm-3-asked")
    await citizen.presses("main button[value=mine]")
    await page.wait_for_url(re.compile(f"/track/{reference}"))
    await expect(page.locator(".notice")).to_be_visible()
    await citizen.sees("confirm-4-track-after")
    await citizen.goes_to(await link(citizen, reference))
    await citizen.sees("confirm-5-asked-again")
    assert citizen.faults == []


async def test_this_was_not_me_is_one_button_too_and_numbers_are_asked_alike(citizen: Citizen) -> None:
    reference = await files(citizen, "#phone", "36001234")
    await citizen.goes_to(await link(citizen, reference, by_sms=True))
    await citizen.sees("confirm-10-number-asked")
    await citizen.presses("main button[value=not-mine]")
    await expect(citizen.page.locator("main form")).to_have_count(0)
    await citizen.sees("confirm-6-refused")
    await citizen.goes_to(f"/track/{reference}")
    await citizen.sees("confirm-7-track-refused")
    assert citizen.faults == []


async def test_a_lost_mail_is_sent_again(citizen: Citizen) -> None:
    page, state = citizen.page, citizen.site.intake.state
    reference = await files(citizen)
    before = {"$set": {"state.received_at": utc_now() - timedelta(hours=1)}}
    await state.submissions.collection.update_one({"state.reference": reference}, before)
    await citizen.goes_to(f"/track/{reference}")
    await citizen.sees("confirm-8-may-be-sent-again")
    await page.click("form[action$='/confirmation'] button")
    await expect(page.locator(".notice")).to_be_visible()
    await expect(page.locator("form[action$='/confirmation']")).to_have_count(0)
    await citizen.sees("confirm-9-sent-again")
    await citizen.site.heard(reference, "ConfirmationRequested")
    assert citizen.faults == []
