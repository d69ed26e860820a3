"""The end-to-end journey through the gateway: every sample submission, pages, and signing in by Keycloak."""

import asyncio
import contextlib
from pathlib import Path

import httpx2
from rich.console import Console
from tawasul.demo.country import Country
from tawasul.demo.government import Government
from tawasul.demo.post import Post
from tawasul.demo.run import travel

from tests.compose.findings import Findings
from tests.compose.mailpit import Mailpit, fill
from tests.compose.place import DOOR, MAILPIT, HostsOfThisMachine, SignedIn, keycloak
from tests.compose.project import Project
from tests.support.keycloak import a_person, sign_in_form

PATIENCE = 180.0


async def check(project: Project, folder: Path, console: Console, findings: Findings) -> None:
    await _check_country(findings)
    await _check_samples(project, folder, console, findings)
    await _check_signing_in(project, findings)


async def _check_country(findings: Findings) -> None:
    async with httpx2.AsyncClient(base_url=DOOR, timeout=30) as http:
        entities = (await http.get("/api/router/v1/entities")).json()["items"]
        wanted = {entity["id"] for entity in Country().directory()["entities"]}
        findings.expect({each["id"] for each in entities} >= wanted, f"the country is loaded: {len(wanted)} entities")
        policies = await http.get("/api/sla-monitor/v1/policies")
        findings.expect(policies.status_code == 200, "its calendars and policies too", policies.text[:200])
        for language in ("ar", "en"):
            page = await http.get("/", params={"lang": language})
            findings.expect(f'lang="{language}"' in page.text, f"the door shows the first page ({language})")
        metrics = await http.get("/metrics")
        findings.expect(metrics.status_code == 404, "the door hides metrics", str(metrics.status_code))


async def _check_samples(project: Project, folder: Path, console: Console, findings: Findings) -> None:
    bearers, country = SignedIn(keycloak(project)), Country()
    async with httpx2.AsyncClient(base_url=DOOR, timeout=30) as http:
        mailbox = asyncio.create_task(fill(Mailpit(MAILPIT), folder))
        try:
            government = Government(http, bearers, country)
            outcome = await travel(http, government, Post(folder), console, country, PATIENCE)
        finally:
            mailbox.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await mailbox
    stopped = "; ".join(f"{journey.sample.text[:30]}: {where}" for journey, where in outcome.failures)
    number = len(outcome.journeys)
    findings.expect(not outcome.failures, f"{number} sample submissions made their whole way", stopped)


async def _check_signing_in(project: Project, findings: Findings) -> None:
    """With cookies, as a browser."""
    user = "officer.works"
    await keycloak(project).give_password(user)
    async with a_person(HostsOfThisMachine()) as person:
        away = await person.get(f"{DOOR}/auth/sign-in", params={"next": "/desk"})
        back = await sign_in_form(away.headers["location"], user, person)
        landed = await person.get(back)
        desk = await person.get(f"{DOOR}/desk")
        findings.expect(
            desk.status_code == 200 and "/desk" in str(desk.url),
            "an officer signs in by Keycloak and sees the desk",
            f"{landed.status_code} {desk.status_code} {desk.url}",
        )
