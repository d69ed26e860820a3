"""Every mail in both languages as Chromium shows it, with long names, on a phone and a desk screen, light and dark.

With THOROUGH=1 a picture of each lies beside those of the pages.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from notifier.deferral.message_grouping import SEVERAL
from notifier.deferral.withholding import ASKING
from notifier.planning.commands import EVENT_TYPES, TOLD_TEXT
from notifier.rendering.preview import SAMPLE_NUMBERS
from notifier.rendering.templates import CaseNews, Rendered
from notifier.webhooks.pausing import TEMPLATE
from playwright.async_api import Browser

from tests.e2e.looking import LIGHTS, SIZES, Tools
from tests.support.notifier import NOW, the_messages, the_table

LINK = "https://tawasul.example/track/7K3MX-QPA42/" + "s" * 43
UNSUBSCRIBE = "https://tawasul.example/inbox/unsubscribe/" + "x" * 60
SAID = {
    "ar": {
        "name": "عبدالرحمن بن عبدالعزيز بن محمد آل خليفة الدوسري المنصوري",
        "category": "صيانة الطرق الداخلية والأرصفة وممرات المشاة وإشارات المرور",
        "entity": "وزارة شؤون البلديات والزراعة والتخطيط العمراني والإسكان",
        "from_entity": "الهيئة الوطنية لتنظيم المهن والخدمات الصحية",
        "text": "شكرًا لتواصلكم معنا.\n\nأُصلح العطل صباح اليوم (رقم البلاغ 2026/118)، ويمكنكم الاتصال على 17000000.",
    },
    "en": {
        "name": "Abdulrahman bin Abdulaziz bin Mohammed Al Khalifa Al Dosari",
        "category": "Upkeep of inner roads, pavements, pedestrian crossings and traffic signals",
        "entity": "Ministry of Municipalities, Agriculture, Urban Planning and Housing",
        "from_entity": "National Authority for the Regulation of Health Professions",
        "text": "Thank you for writing.\n\nIt was mended this morning (report 2026/118); you can call 17000000.",
    },
}
"""Synthetic."""

NO_PAGE = "{rules: {region: {enabled: false}, 'landmark-one-main': {enabled: false}}}"
"""A mail is shown within a page that has landmarks of its own."""


def mails(language: str) -> Iterator[tuple[str, Rendered]]:
    """Each with what its event gives, and no more."""
    messages, name = the_messages(), SAID[language]["name"]
    for template in sorted(messages.names):
        params = facts(template, language)
        is_stranger = template in ASKING.values()
        yield template, messages.render(template, language, params, None if is_stranger else name, LINK, UNSUBSCRIBE)
    told = [(template, facts(template, language)) for template in ("assigned", "interim-reply", "transferred")]
    yield SEVERAL, messages.render(SEVERAL, language, facts("assigned", language), name, LINK, UNSUBSCRIBE, told)
    news = [CaseNews(facts("deadline-approaching", language), told[:2], LINK)] * 3
    yield "digest", messages.digest(language, news, name, LINK, was_kept=True)


def facts(template: str, language: str) -> dict[str, Any]:
    if template == TEMPLATE:
        return {"endpoint": "hooks.works.example"}
    known: dict[str, Any] = {"reference": "7K3MX-QPA42", "kind": "complaint"}
    if template in ASKING.values():  # to somebody who may be a stranger
        return known
    rows = [row for row in the_table().rows if row.template == template]
    fields = {field for row in rows for field in EVENT_TYPES[row.event].model_fields}
    given = {"category", "entity", *fields & {"from_entity", "due_at", "expected_at", *SAMPLE_NUMBERS}}
    if any(row.event in TOLD_TEXT and row.audience != "follower" for row in rows):
        given.add("text")
    said = {**SAID[language], **SAMPLE_NUMBERS, "due_at": NOW, "expected_at": NOW}
    return known | {fact: said[fact] for fact in given}


@pytest.mark.parametrize("language", ["ar", pytest.param("en", marks=pytest.mark.full)])
async def test_every_mail_fits_and_is_accessible(language: str, browser: Browser, tools: Tools) -> None:
    context = await browser.new_context(locale=language)
    page = await context.new_page()
    faults: list[str] = []
    for template, mail in mails(language):
        await page.set_content(mail.html)
        assert await page.evaluate("document.documentElement.dir") == {"ar": "rtl", "en": "ltr"}[language]
        for size, (width, height) in SIZES.items():
            await page.set_viewport_size({"width": width, "height": height})
            wider = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            faults += [f"{template} at {width}: {wider} pixels too wide"] if wider > 0 else []
            for light in LIGHTS if tools.is_thorough else ():
                await page.emulate_media(color_scheme=light)
                await tools.take(page, f"mail-{template}-{language}-{size}-{light}")
        if template in ("answered", "digest", "received-to-confirm") or tools.is_thorough:
            for light in LIGHTS:
                await page.emulate_media(color_scheme=light)
                found = await page.evaluate(f"{tools.axe}; axe.run(document, {NO_PAGE})")
                faults += [f"{template} ({light}): {each['id']}" for each in found["violations"]]
    assert faults == []
    await context.close()
