"""From an author's word to the public page, in a browser: form, moderation, list, one."""

import re

from intake.publication import commands as moderate
from intake.publication.commands import ForThePublic
from intake.submissions.model import Submission
from playwright.async_api import Browser, FilePayload, expect
from shared.events.envelope import Cause
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Decision, StoredAggregate

from tests.e2e.citizen import Citizen
from tests.e2e.looking import Tools
from tests.e2e.site import Site
from tests.support.browser import signed_in_cookie
from tests.support.files import a_photo
from tests.support.intake import a_filing

TEXT = {
    "en": "The lamp in front of Abdulla's house on Road 2825 is out.",
    "ar": "المصباح أمام بيت عبدالله في طريق 2825 مطفأ.",
}
WHY = {"en": "The house is covered.", "ar": "طُمس المنزل."}
PUBLIC = {"en": "A lamp on Road 2825 is out.", "ar": "مصباح في طريق 2825 مطفأ."}


PIXELS = """async (image) => {
  await image.decode();
  const canvas = document.createElement("canvas"), at = (x) => [...brush.getImageData(x, 200, 1, 1).data].slice(0, 3);
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const brush = canvas.getContext("2d");
  brush.drawImage(image, 0, 0);
  return [at(100), at(700)];
}"""
"""One on the left half of a picture, one on the right."""


def a_picture(name: str) -> FilePayload:
    return {"name": name, "mimeType": "image/jpeg", "buffer": a_photo(size=(800, 400))}


async def files(citizen: Citizen) -> str:
    """Filed by the form, with the author's word; the reference number."""
    page = citizen.page
    await page.context.grant_permissions(["geolocation"])
    await page.context.set_geolocation({"latitude": 26.2235, "longitude": 50.5869})
    await citizen.goes_to("/submissions/new")
    await page.check("input[name=kind][value=complaint]")
    await page.fill("#text", TEXT[citizen.language])
    await page.select_option("#category", "lighting")
    await page.locator("[data-map]").scroll_into_view_if_needed()
    await expect(page.locator(".map-area")).to_have_count(4)
    await page.click("[data-here]")
    await expect(page.locator(".map-picked")).to_be_visible()
    await citizen.sees("public-0-place")
    await page.set_input_files("#files", a_picture("Abdulla.jpg"))
    await page.check("input[name=who][value=anonymous]")
    await page.check("#publish")
    await citizen.presses("form .actions .button")
    await expect(page.locator("main")).to_contain_text("26.223500, 50.586900")
    await citizen.presses("main button[value=send]")
    await page.wait_for_url(re.compile("/done$"))
    return str(await page.text_content(".ticket .number bdi"))


async def covers(citizen: Citizen) -> None:
    """The left half of the photo, first by drawing too much, then by numbers."""
    page = citizen.page
    await page.click(".file-name")
    frame = page.locator("[data-redact]")
    await expect(frame).to_have_class(re.compile("redact-draws"))
    await frame.scroll_into_view_if_needed()
    edge = await frame.bounding_box()
    assert edge
    await page.mouse.move(edge["x"] + 2, edge["y"] + 2)
    await page.mouse.down()
    await page.mouse.move(edge["x"] + edge["width"] * 0.7, edge["y"] + edge["height"] * 0.98)
    await page.mouse.up()
    await expect(page.locator(".redact-box")).to_have_count(1)
    assert 69 < float(await page.input_value("#width-1")) < 71
    await page.fill("#width-1", "50")
    await citizen.presses("button[value=publish]")
    await expect(page.locator(".summary")).to_be_visible()
    citizen.expects(422)
    await page.fill("#reason", WHY[citizen.language])
    await citizen.presses(".actions button[value=preview]")
    await expect(page.locator(".photo img")).to_be_visible()
    await expect(page.locator(".redact-box")).to_have_count(1)
    await citizen.sees("public-3-photo")
    await citizen.presses("button[value=publish]")
    await expect(page.locator(".notice")).to_be_visible()
    await citizen.sees("public-3-photo-chosen")
    await citizen.presses(".page-head a")


async def test_from_the_authors_word_to_the_public(citizen: Citizen) -> None:
    page = citizen.page
    reference = await files(citizen)
    await citizen.goes_to(f"/track/{reference}")
    await page.click("summary:has-text('النشر'), summary:has-text('Publication')")
    await citizen.sees("public-1-agreement")

    await citizen.signs_in("central.one", "central", name="Noor Al-Hashimi")
    await citizen.goes_to("/moderation")
    await citizen.sees("public-2-queue")
    await page.click(f".case a[href='/moderation/{reference}']")
    await covers(citizen)
    await page.click("main form[action$='/hide'] button")
    await expect(page.locator(".summary")).to_be_visible()
    citizen.expects(422)
    await page.fill("#text", PUBLIC[citizen.language])
    await citizen.sees("public-3-moderate")
    await page.click("main form[action$='/publish'] button")
    await expect(page.locator(".notice")).to_be_visible()
    await citizen.site.heard(reference, "SubmissionPublished")
    await citizen.goes_to(f"/moderation/{reference}")
    await citizen.sees("public-4-moderated")

    await page.context.clear_cookies(name="tawasul")
    await citizen.site.is_assigned(reference)
    await citizen.goes_to("/submissions")
    await expect(page.locator(".map-point").first).to_be_visible()
    await citizen.sees("public-5-list")
    await page.locator(".map-point").last.click()
    await expect(page.locator(".leaflet-popup-content a")).to_be_visible()
    await citizen.sees("public-5-map")
    await page.fill("#words", PUBLIC[citizen.language].split()[1])
    await page.click(".beside summary")
    await page.select_option("#area", "capital")
    await page.click(".beside form button")
    await page.click(f".case a[href='/submissions/{reference}']")
    assert TEXT[citizen.language] not in await page.content()
    picture = page.locator(".photos img")
    await expect(picture).to_be_visible()
    seen = await picture.evaluate(PIXELS)
    assert (max(seen[0]) < 60, seen[1][2] > 150) == (True, True)
    await citizen.sees("public-6-one")
    await citizen.signs_in("citizen.yusuf", "citizen", name="Yusuf Al-Mannai")
    await page.reload()
    await page.click("form[action$='/follow'] .button")
    await expect(page.locator(".notice")).to_be_visible()
    await citizen.sees("public-6-followed")
    await citizen.goes_to("/submissions/mine?show=followed")
    await citizen.sees("public-6-what-i-follow")
    await citizen.goes_to("/submissions/new")
    await page.check("input[name=kind][value=complaint]")
    await page.fill("#text", PUBLIC[citizen.language])
    await page.locator("[data-map]").scroll_into_view_if_needed()
    await page.click("[data-here]")
    await expect(page.locator(".map-picked")).to_be_visible()
    await expect(page.locator("[data-similar-list] .similar")).to_contain_text(reference)
    await expect(page.locator("[data-similar-said]")).not_to_be_empty()
    await citizen.sees("public-6-similar-while-writing")
    await page.check("input[name=who][value=anonymous]")
    await citizen.presses("form .actions .button")
    await expect(page.locator(".similar")).to_contain_text(reference)
    await citizen.sees("public-6-similar")
    await citizen.goes_to("/submissions?words=nothinglikeit")
    await expect(page.locator(".nothing")).to_be_visible()
    await citizen.sees("public-7-nothing")
    assert citizen.faults == []


async def is_published(citizen: Citizen) -> str:
    """Filed and moderated by programs; the reference number."""
    sent = a_filing(publish=True, language=citizen.language, text=PUBLIC[citizen.language])
    filed = await citizen.page.request.post(f"{citizen.site.url}/api/intake/v1/submissions", data=sent)
    receipt, now = await filed.json(), utc_now()

    def publish(aggregate: StoredAggregate[Submission]) -> Decision[Submission] | None:
        shown = ForThePublic(text=None, shows_place=True, area=None)
        return moderate.publish(aggregate.id, aggregate.state, "mod", shown, None, now) if aggregate.state else None

    await citizen.site.intake.state.submissions.change(receipt["id"], publish, now, Cause("test"))
    return str(receipt["reference"])


async def test_a_visitor_follows_by_mail_and_stops(citizen: Citizen) -> None:
    page, tracking = citizen.page, citizen.site.intake.state.tracking
    reference = await is_published(citizen)
    await citizen.goes_to(f"/submissions/{reference}")
    await page.fill("#email", "yusuf at home")
    await page.click("form[action$='/follow-by-mail'] button")
    await expect(page.locator(".summary a[href='#email']")).to_be_visible()
    citizen.expects(422)
    await citizen.sees("follow-1-fault")
    await page.fill("#email", "yusuf@citizens.example")
    await page.click("form[action$='/follow-by-mail'] button")
    await expect(page.locator(".notice")).to_be_visible()
    await citizen.sees("follow-2-asked")

    id = await citizen.site.id_of(reference)
    contact = tracking.follower_ids(id, "yusuf@citizens.example")[0]
    await citizen.goes_to(f"/track/{reference}/following/{contact}/{tracking.following(id, contact)}")
    await citizen.sees("follow-3-link")
    await citizen.presses("main button[value=follow]")
    await expect(page.locator("main button[value=follow]")).to_have_count(0)
    await citizen.sees("follow-4-follows")
    await citizen.presses("main button[value=stop]")
    await expect(page.locator("main form")).to_have_count(0)
    await citizen.sees("follow-5-stopped")
    assert citizen.faults == []


async def test_without_a_script_there_is_no_map_and_nothing_is_missed(
    browser: Browser, running_site: Site, tools: Tools
) -> None:
    context = await browser.new_context(locale="en", java_script_enabled=False)
    page = await context.new_page()
    for path in ("/submissions", "/submissions/new"):
        await page.goto(running_site.url + path)
        assert await page.locator("[data-map]").is_hidden()
    await page.fill("#block", "428")
    await tools.take(page, "public-8-without-script")
    await context.close()


async def test_without_a_script_a_photo_is_painted_over_by_numbers(
    browser: Browser, running_site: Site, tools: Tools
) -> None:
    context = await browser.new_context(locale="en", java_script_enabled=False)
    page = await context.new_page()
    await page.goto(running_site.url + "/submissions/new")
    await page.check("input[name=kind][value=complaint]")
    await page.fill("#text", TEXT["en"])
    await page.set_input_files("#files", a_picture("a.jpg"))
    await page.check("input[name=who][value=anonymous]")
    await page.check("#publish")
    await page.click("form .actions .button")
    await page.click("main button[value=send]")
    reference = str(await page.text_content(".ticket .number bdi"))
    cookie = await signed_in_cookie(running_site.intake, "central.one", "central", name="Noor Al-Hashimi")
    await context.add_cookies([{"name": "tawasul", "value": cookie, "url": running_site.url}])
    await page.goto(f"{running_site.url}/moderation/{reference}")
    await page.click(".file-name")
    for number, typed in ((1, ("0", "0", "20", "20")), (2, ("70", "50", "40", "10"))):
        for side, value in zip(("left", "top", "width", "height"), typed, strict=True):
            await page.fill(f"#{side}-{number}", value)
        await page.click("button[value=more]")
    await page.press("#reason", "Enter")
    await expect(page.locator(".photo img")).to_be_visible()
    await tools.take(page, "public-9-photo-without-script")
    await page.fill("#reason", "Two faces are covered.")
    await page.click("button[value=publish]")
    await expect(page.locator(".notice")).to_be_visible()
    assert await page.input_value("#width-2") == "40"
    await page.fill("#reason-to-hide", "It shows a house.")
    await page.click("button[value=hide]")
    await page.click(".page-head a")
    await expect(page.locator(".timeline li")).to_have_count(2)
    await context.close()
