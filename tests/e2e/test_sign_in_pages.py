"""The pages around the sign-in and what refuses too many tries, looked at; what they do is told in component tests."""

from intake.http.throttle import Throttle
from playwright.async_api import expect
from shared.operations.rates import Rate

from tests.e2e.citizen import Citizen

NAMES = {"en": "Maryam Al-Khalifa", "ar": "مريم آل خليفة"}
TEXTS = {"en": "The lamp is out.", "ar": "المصباح مطفأ."}


async def test_signing_in_and_out_has_pages_like_all_others(citizen: Citizen) -> None:
    page, language = citizen.page, citizen.language
    await citizen.goes_to("/auth/callback?state=none")
    citizen.expects(400)
    await citizen.sees("sign-in-1-broken-off")
    await citizen.signs_in(f"maryam.{language}", "citizen", name=NAMES[language])
    await citizen.goes_to("/auth/renewed")
    await citizen.sees("sign-in-2-renewed")

    await citizen.goes_to("/submissions/new?kind=complaint")
    await page.fill("#text", TEXTS[language])
    await page.check("input[name=who][value=account]")
    await citizen.signs_in(f"maryam.{language}", "citizen", name=NAMES[language])  # another session
    await citizen.presses("form .actions .button")
    await expect(page.locator(".in-order")).to_be_visible()
    citizen.expects(403)
    await citizen.sees("sign-in-3-given-back")
    await citizen.presses(".in-order form button")
    await expect(page.locator(".facts")).to_contain_text(TEXTS[language])

    await page.context.add_cookies(
        [{"name": "tawasul-renewal", "value": "any", "domain": "localhost", "path": "/auth"}]
    )
    await citizen.goes_to("/")
    await citizen.presses(".top-links .out")
    await citizen.sees("sign-in-4-sign-out")
    assert citizen.faults == []


async def test_who_tries_too_often_is_told_until_when_on_a_page(citizen: Citizen) -> None:
    page, state = citizen.page, citizen.site.intake.state
    before, state.throttle = state.throttle, Throttle(None, None, None, Rate(1, 600))
    try:
        await citizen.goes_to("/track?reference=00000-00000")
        for _ in range(2):
            await page.fill("#secret", "1.wrong")
            await citizen.presses("main form .button")
    finally:
        state.throttle = before
    await expect(page.locator(".problem")).to_be_visible()
    citizen.expects(422, 429)
    await citizen.sees("too-many")
    assert citizen.faults == []
