"""Signing in with a real Keycloak and the realm of `deploy/keycloak/`: pages by cookie, programs by access token."""

import asyncio
import json
import re
from asyncio.subprocess import PIPE
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI
from intake.app import create_app as create_intake
from joserfc import jwt
from joserfc.jwk import RSAKey
from router.app import create_app as create_router
from router.cases.life import State
from shared.events.model import Role
from shared.http.auth import Authenticator
from shared.http.session_cookie import SessionKeys, mail_mark
from shared.reference.working_time import utc_now
from shared.storage.aggregates import StoredAggregate
from tawasul.stack.paths import REPOSITORY
from tawasul.stack.ports import free_port
from tawasul.stack.running import Running

from tests.support.browser import PUBLIC_URL, Browser
from tests.support.eventually import eventually
from tests.support.infrastructure import Client as MongoClient
from tests.support.infrastructure import Infrastructure
from tests.support.intake import SESSION_KEYS, intake_settings
from tests.support.keycloak import Keycloak, a_person, access_token, approve, sign_in_form
from tests.support.one_router import publish
from tests.support.router import an_assignment, router_settings
from tests.support.serving import serving

CALLBACK = f"{PUBLIC_URL}/auth/callback"
ASSIGNMENTS = "/api/router/v1/assignments"
KEYS = SessionKeys(SESSION_KEYS)
ADMINISTRATOR = "administrator.central-office"
PEOPLE = ("officer.works", "officer.ewa", "citizen.maryam", ADMINISTRATOR)

pytestmark = [pytest.mark.timeout(600), pytest.mark.full]


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def keycloak(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Keycloak]:
    """Started for the first test that asks for it; ends with this module, and with this process whatever happens."""
    provider = Keycloak(free_port(), PUBLIC_URL)
    running = Running(provider, tmp_path_factory.mktemp("keycloak") / "keycloak.log")
    try:
        await running.start()
        for person in PEOPLE:
            await provider.give_password(person)
        yield provider
    finally:
        await running.stop()


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def intake(
    infrastructure: Infrastructure, mongo_client: MongoClient, keycloak: Keycloak
) -> AsyncIterator[FastAPI]:
    name = f"test_{uuid4().hex[:12]}"
    app = create_intake(intake_settings(infrastructure, name, f"{name}.", keycloak.issuer))
    async with serving(app, ready=False):
        yield app
    await mongo_client.drop_database(name)


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def router(
    infrastructure: Infrastructure, mongo_client: MongoClient, keycloak: Keycloak
) -> AsyncIterator[FastAPI]:
    name = f"test_{uuid4().hex[:12]}"
    app = create_router(router_settings(infrastructure, name, f"{name}.", keycloak.issuer, public_url=PUBLIC_URL))
    async with serving(app, ready=False) as client:
        token = await access_token(keycloak, ADMINISTRATOR, CALLBACK)
        await publish(client, {"Authorization": f"Bearer {token}"})
        await app.state.directory.refresh()
        yield app
    await mongo_client.drop_database(name)


@pytest_asyncio.fixture(loop_scope="session")
async def browser(intake: FastAPI) -> AsyncIterator[Browser]:
    async with Browser(intake) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def person() -> AsyncIterator[httpx2.AsyncClient]:
    """The same person's browser at the provider, which remembers them there."""
    async with a_person() as opened:
        yield opened


async def a_case(router: FastAPI, entity: str) -> str:
    """The id of a case that the entity has."""
    id = str(uuid4())
    await router.state.assignments.save(
        [StoredAggregate(id, state=an_assignment(State.ASSIGNED, entity), changed=True)]
    )
    return id


async def sign_in(browser: Browser, person: httpx2.AsyncClient, user: str) -> httpx2.Response:
    begun = await browser.get("/auth/sign-in", params={"return_to": "/desk"})
    return await browser.get(await sign_in_form(begun.headers["location"], user, person))


async def age(intake: FastAPI, browser: Browser) -> None:
    """Let the session have been refreshed long ago."""
    await intake.state.sessions._collection.update_one(
        {"_id": KEYS.read(browser.cookie).id}, {"$set": {"refreshed_at": utc_now() - timedelta(hours=1)}}
    )


async def read(router: FastAPI, id: str, token: str) -> int:
    async with Browser(router) as client:
        answer = await client.get(f"{ASSIGNMENTS}/{id}", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code


async def test_an_official_signs_in_and_sees_the_own_entitys_cases_and_no_others(
    browser: Browser, person: httpx2.AsyncClient, router: FastAPI
) -> None:
    done = await sign_in(browser, person, "officer.works")
    assert (done.status_code, done.headers["location"]) == (303, "/desk")
    session = KEYS.read(browser.cookie)
    assert (session.subject, session.entity) == ("officer.works", "works")
    assert Role.OFFICER in session.roles
    assert session.mail_mark == mail_mark("officer@works.example"), "Keycloak says that it has verified the address"
    ours, theirs = await a_case(router, "works"), await a_case(router, "ewa")
    async with Browser(router) as desk:
        desk.cookie = browser.cookie
        assert (await desk.get(f"{ASSIGNMENTS}/{ours}")).status_code == 200
        assert (await desk.get(f"{ASSIGNMENTS}/{theirs}")).status_code == 403
        assert (await desk.post(f"{ASSIGNMENTS}/{ours}/acknowledge", json={})).status_code == 403
        acknowledged = await desk.post(f"{ASSIGNMENTS}/{ours}/acknowledge", json={}, headers=desk.own_script())
        assert acknowledged.status_code == 200, acknowledged.text


async def test_refresh_tokens_that_are_good_once_renew_again_and_again(
    browser: Browser, person: httpx2.AsyncClient, intake: FastAPI
) -> None:
    await sign_in(browser, person, "officer.works")
    for _ in range(3):
        await age(intake, browser)
        before = browser.cookie
        assert (await browser.get("/auth/renew", params={"return_to": "/desk"})).headers["location"] == "/desk"
        assert browser.cookie != before
        assert KEYS.read(browser.cookie).entity == "works"


async def test_a_session_that_an_administrator_ended_at_keycloak_is_not_renewed(
    browser: Browser, person: httpx2.AsyncClient, intake: FastAPI, keycloak: Keycloak
) -> None:
    await sign_in(browser, person, "citizen.maryam")
    await keycloak.administer("POST", "/users/citizen.maryam/logout")
    await age(intake, browser)
    await browser.get("/auth/renew")
    assert (browser.cookie, browser.renewal) == ("", "")


async def test_signing_out_ends_the_session_at_keycloak_too(browser: Browser, person: httpx2.AsyncClient) -> None:
    await sign_in(browser, person, "citizen.maryam")
    again = (await browser.get("/auth/sign-in")).headers["location"]
    assert (await person.get(again)).status_code == 302  # Keycloak knows them: no form
    (token,) = re.findall(r'name="form_token" value="([^"]+)"', (await browser.get("/auth/sign-out")).text)
    left = await browser.post("/auth/sign-out", data={"form_token": token}, headers={"Origin": PUBLIC_URL})
    (onwards,) = re.findall(r'url=([^"]+)"', left.text)
    back = await person.get(unescape(onwards))
    assert (back.status_code, back.headers["location"]) == (302, f"{PUBLIC_URL}/")
    again = (await browser.get("/auth/sign-in")).headers["location"]
    assert "kc-form-login" in (await person.get(again)).text


async def test_access_tokens_are_good_for_programs_within_the_entity(keycloak: Keycloak, router: FastAPI) -> None:
    case = await a_case(router, "works")
    assert await read(router, case, await access_token(keycloak, "officer.works", CALLBACK)) == 200
    assert await read(router, case, await access_token(keycloak, "officer.ewa", CALLBACK)) == 403
    assert await read(router, case, await access_token(keycloak, "citizen.maryam", CALLBACK)) == 403


async def test_the_command_for_a_token_prints_one_once_somebody_has_signed_in_where_it_says(
    keycloak: Keycloak, person: httpx2.AsyncClient, router: FastAPI
) -> None:
    script = REPOSITORY / "deploy" / "keycloak" / "token.sh"
    waiting = await asyncio.create_subprocess_exec("sh", str(script), keycloak.issuer, stdout=PIPE, stderr=PIPE)
    assert waiting.stderr is not None
    said = (await waiting.stderr.readline()).decode()
    assert said.startswith("sign in at "), said
    await approve(said.removeprefix("sign in at ").strip(), "officer.works", person)
    token, _ = await asyncio.wait_for(waiting.communicate(), 60)
    assert await read(router, await a_case(router, "works"), token.decode().strip()) == 200


async def test_a_forged_token_is_refused(keycloak: Keycloak, router: FastAPI) -> None:
    case = await a_case(router, "works")
    token = await access_token(keycloak, "officer.ewa", CALLBACK)
    header, payload, signature = token.split(".")
    claims = json.loads(urlsafe_b64decode(payload + "=="))
    claims["entity"] = "works"
    changed = urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    kid = json.loads(urlsafe_b64decode(header + "=="))["kid"]
    own_key = jwt.encode({"alg": "RS256", "kid": kid}, claims, RSAKey.generate_key(2048))
    unsigned = urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    for forged in (f"{header}.{changed}.{signature}", own_key, f"{unsigned}.{changed}."):
        assert await read(router, case, forged) == 401


async def test_a_token_expires(keycloak: Keycloak, router: FastAPI) -> None:
    case = await a_case(router, "works")
    usual = router.state.authenticator
    router.state.authenticator = Authenticator(keycloak.issuer, "tawasul", leeway=0)
    realm: dict[str, Any] = {"accessTokenLifespan": 5}
    await keycloak.administer("PUT", "", realm)
    try:
        token = await access_token(keycloak, "officer.works", CALLBACK)
        assert await read(router, case, token) == 200

        async def _is_refused() -> bool:
            return await read(router, case, token) == 401

        await eventually(_is_refused)
    finally:
        router.state.authenticator = usual
        await keycloak.administer("PUT", "", {"accessTokenLifespan": 900})


async def test_keycloak_changes_its_key_and_nobody_notices(keycloak: Keycloak, router: FastAPI) -> None:
    case = await a_case(router, "works")
    old = await access_token(keycloak, "officer.works", CALLBACK)
    assert await read(router, case, old) == 200
    new_key = {
        "name": "rotated",
        "providerId": "rsa-generated",
        "providerType": "org.keycloak.keys.KeyProvider",
        "config": {"priority": ["500"], "algorithm": ["RS256"], "enabled": ["true"], "active": ["true"]},
    }
    await keycloak.administer("POST", "/components", new_key)
    new = await access_token(keycloak, "officer.works", CALLBACK)
    assert new.split(".")[0] != old.split(".")[0]

    async def _is_accepted() -> bool:  # keys are asked for at most every five seconds
        return await read(router, case, new) == 200

    await eventually(_is_accepted)
    assert await read(router, case, old) == 200


def test_the_distribution_is_the_version_of_the_compose_file() -> None:
    pom, compose = REPOSITORY / "deploy" / "keycloak" / "pom.xml", REPOSITORY / "docker-compose.yml"
    (tested,) = re.findall(r"<version>(\d+\.\d+)\.\d+</version>", pom.read_text())
    assert f"keycloak/keycloak:{tested}" in compose.read_text()
