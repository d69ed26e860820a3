"""Signing in with a browser, on the real MongoDB and with the development provider: every step, and what must fail."""

import re
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx2
import oidc_provider_mock
import pytest
import pytest_asyncio
from fastapi import FastAPI
from intake.app import create_app
from pydantic import SecretStr
from shared.events.model import Role
from shared.http.session_cookie import SessionKeys, mail_mark
from shared.reference.working_time import utc_now

from tests.support.browser import Browser
from tests.support.infrastructure import Client as MongoClient
from tests.support.infrastructure import Infrastructure
from tests.support.intake import SESSION_KEYS, a_filing, intake_settings
from tests.support.serving import serving

pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")

URL = "/api/intake/v1/submissions"
MAIL = "maryam@citizens.example"
PEOPLE = {
    "citizen.maryam": {"name": "مريم", "roles": ["citizen"], "email": MAIL, "email_verified": True},
    "officer.works": {"name": "Ali", "roles": ["officer"], "entity": "works"},
}
KEYS = SessionKeys(SESSION_KEYS)
OTHER_KEY = urlsafe_b64encode(b"another session key of 32 bytes!").decode()


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    people = [oidc_provider_mock.User(sub=sub, claims=claims) for sub, claims in PEOPLE.items()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
        with oidc_provider_mock.run_server_in_thread(user_claims=people) as server:
            yield f"http://localhost:{server.server_port}"


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def intake(infrastructure: Infrastructure, mongo_client: MongoClient, issuer: str) -> AsyncIterator[FastAPI]:
    """One intake for all tests: they keep apart by their sessions."""
    settings = intake_settings(infrastructure, "test_sign_in", "signin.", issuer, oidc_client_secret="any")
    app = create_app(settings)
    async with serving(app, ready=False):
        yield app
    await mongo_client.drop_database("test_sign_in")


@pytest_asyncio.fixture(loop_scope="session")
async def browser(intake: FastAPI) -> AsyncIterator[Browser]:
    async with Browser(intake) as opened:
        yield opened


async def sign_in(browser: Browser, subject: str, return_to: str = "/") -> httpx2.Response:
    """As a person would; the answer of the callback."""
    begun = await browser.get("/auth/sign-in", params={"return_to": return_to})
    assert begun.status_code == 303, begun.text
    async with httpx2.AsyncClient() as outside:
        allowed = await outside.post(begun.headers["location"], data={"sub": subject})
    return await browser.get(allowed.headers["location"])


def expire(browser: Browser) -> None:
    """The cookie as it is a quarter of an hour later."""
    session = KEYS.read(browser.cookie)
    browser.cookie = KEYS.write(type(session)(**vars(session) | {"expires_at": utc_now() - timedelta(seconds=1)}))


async def age(intake: FastAPI, browser: Browser) -> None:
    """Let the session have been refreshed long ago."""
    await intake.state.sessions._collection.update_one(
        {"_id": KEYS.read(browser.cookie).id}, {"$set": {"refreshed_at": utc_now() - timedelta(hours=1)}}
    )


async def test_a_person_signs_in_and_comes_back_to_where_they_were(browser: Browser) -> None:
    done = await sign_in(browser, "officer.works", "/desk?state=assigned")
    assert (done.status_code, done.headers["location"]) == (303, "/desk?state=assigned")
    assert done.headers["cache-control"] == "private, no-store"
    session = KEYS.read(browser.cookie)
    assert (session.subject, session.name, session.roles, session.entity) == (
        "officer.works",
        "Ali",
        frozenset({Role.OFFICER}),
        "works",
    )
    assert timedelta() < session.expires_at - utc_now() <= timedelta(minutes=15)
    cookies = done.headers.get_list("set-cookie")
    assert all("HttpOnly" in cookie and "SameSite=lax" in cookie for cookie in cookies[:2])
    assert "Path=/auth;" in next(cookie for cookie in cookies if cookie.startswith("tawasul-renewal="))


async def test_a_verified_address_is_known_through_every_renewal(intake: FastAPI, browser: Browser) -> None:
    await sign_in(browser, "citizen.maryam")
    await age(intake, browser)
    for _ in range(2):
        assert KEYS.read(browser.cookie).mail_mark == mail_mark(MAIL)
        await browser.get("/auth/renew")
    async with Browser(intake) as unverified:
        await sign_in(unverified, "officer.works")
        assert KEYS.read(unverified.cookie).mail_mark is None


async def test_the_sign_in_asks_for_a_code_with_pkce_state_and_nonce(browser: Browser) -> None:
    begun = await browser.get("/auth/sign-in", params={"language": "ar"})
    asked = {name: value[0] for name, value in parse_qs(urlsplit(begun.headers["location"]).query).items()}
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "http://service/auth/callback"
    assert asked["ui_locales"] == "ar"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3


async def test_with_tls_cookies_are_secure_and_bound_to_the_host(infrastructure: Infrastructure, issuer: str) -> None:
    settings = intake_settings(infrastructure, "test_sign_in", "signin.", issuer)
    app = create_app(settings.model_copy(update={"public_url": "https://service"}))
    transport = httpx2.ASGITransport(app=app)
    app.state.service.is_started = True
    async with httpx2.AsyncClient(transport=transport, base_url="https://service") as client:
        begun = await client.get("/auth/sign-in")
        left = await client.get("/auth/renew")
    assert "Secure" in begun.headers["set-cookie"]
    names = [cookie.partition("=")[0] for cookie in left.headers.get_list("set-cookie")]
    assert names == ["__Host-tawasul", "__Secure-tawasul-renewal"]
    assert all("Secure" in cookie for cookie in left.headers.get_list("set-cookie"))


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "/auth/sign-out"])
async def test_nobody_is_sent_to_another_site(browser: Browser, elsewhere: str) -> None:
    assert (await sign_in(browser, "citizen.maryam", elsewhere)).headers["location"] == "/"
    assert (await browser.get("/auth/renew", params={"return_to": elsewhere})).headers["location"] == "/"


async def test_an_answer_to_another_browsers_attempt_signs_nobody_in(intake: FastAPI, browser: Browser) -> None:
    begun = await browser.get("/auth/sign-in")
    async with httpx2.AsyncClient() as outside:
        allowed = await outside.post(begun.headers["location"], data={"sub": "citizen.maryam"})
    async with Browser(intake) as victim:
        await victim.get("/auth/sign-in")
        refused = await victim.get(allowed.headers["location"])
        assert (refused.status_code, victim.cookie) == (400, "")
    forged = await browser.get(re.sub("state=[^&]+", "state=forged", allowed.headers["location"]))
    assert forged.status_code == 400


async def test_a_code_is_good_once(browser: Browser) -> None:
    begun = await browser.get("/auth/sign-in")
    async with httpx2.AsyncClient() as outside:
        allowed = await outside.post(begun.headers["location"], data={"sub": "citizen.maryam"})
    assert (await browser.get(allowed.headers["location"])).status_code == 303
    assert (await browser.get(allowed.headers["location"])).status_code == 400


@pytest.mark.parametrize("query", ["", "error=access_denied", "code=x&state=y", "code=x&iss=https://evil.example"])
async def test_an_answer_that_is_none_leads_to_a_page_that_offers_another_try(browser: Browser, query: str) -> None:
    refused = await browser.get(f"/auth/callback?{query}")
    assert refused.status_code == 400
    assert 'href="/auth/sign-in"' in refused.text


async def test_the_database_holds_no_token_in_plain_and_no_secret(intake: FastAPI, browser: Browser) -> None:
    await sign_in(browser, "citizen.maryam")
    stored = await intake.state.sessions._collection.find_one({"_id": KEYS.read(browser.cookie).id})
    assert stored["tokens"].count(".") == 4
    assert browser.renewal not in str(stored)
    indexes = await intake.state.sessions._collection.index_information()
    assert indexes["expiry"]["expireAfterSeconds"] == 0


async def test_the_cookie_is_who_files_and_who_may_read(intake: FastAPI, browser: Browser) -> None:
    await sign_in(browser, "citizen.maryam")
    filed = await browser.post(URL, json=a_filing(), headers=browser.own_script())
    assert filed.status_code == 201, filed.text
    assert (await browser.get(f"{URL}/{filed.json()['reference']}")).status_code == 200
    async with Browser(intake) as stranger:
        assert (await stranger.get(f"{URL}/{filed.json()['reference']}")).status_code == 404


@pytest.mark.parametrize(
    ("headers", "token", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True, 201),
        ({"Origin": "http://service"}, True, 201),
        ({"Sec-Fetch-Site": "same-origin"}, False, 403),
        ({"Origin": "http://service"}, False, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, True, 403),
        ({"Sec-Fetch-Site": "same-site"}, True, 403),
        ({"Origin": "null"}, True, 403),
        ({}, True, 403),
    ],
)
async def test_a_cookie_changes_nothing_for_another_site(
    browser: Browser, headers: dict[str, str], token: bool, status: int
) -> None:
    await sign_in(browser, "citizen.maryam")
    sent = headers | ({"Tawasul-Form-Token": browser.form_token} if token else {})
    assert (await browser.post(URL, json=a_filing(), headers=sent)).status_code == status


async def test_another_sessions_token_does_not_count(intake: FastAPI, browser: Browser) -> None:
    await sign_in(browser, "citizen.maryam")
    async with Browser(intake) as other:
        await sign_in(other, "citizen.maryam")
        token = other.form_token
    headers = {"Origin": "http://service", "Tawasul-Form-Token": token}
    assert (await browser.post(URL, json=a_filing(), headers=headers)).status_code == 403


async def test_a_bad_token_is_not_saved_by_a_good_cookie(browser: Browser) -> None:
    await sign_in(browser, "citizen.maryam")
    headers = browser.own_script() | {"Authorization": "Bearer nonsense"}
    assert (await browser.post(URL, json=a_filing(), headers=headers)).status_code == 401


async def test_an_expired_cookie_is_renewed_and_comes_back(intake: FastAPI, browser: Browser) -> None:
    await sign_in(browser, "officer.works")
    before = KEYS.read(browser.cookie)
    await age(intake, browser)
    expire(browser)
    page = await browser.get(f"{URL}/00000-00000?x=1", headers={"Accept": "text/html"})
    assert page.status_code == 303
    assert page.headers["location"] == "/auth/renew?return_to=%2Fapi%2Fintake%2Fv1%2Fsubmissions%2F00000-00000%3Fx%3D1"
    back = await browser.get(page.headers["location"])
    assert (back.status_code, back.headers["location"]) == (303, f"{URL}/00000-00000?x=1")
    after = KEYS.read(browser.cookie)
    assert (after.id, after.subject, after.roles, after.entity) == (
        before.id,
        "officer.works",
        frozenset({Role.OFFICER}),
        "works",
    )
    assert not after.is_expired(utc_now())


async def test_a_program_with_an_expired_cookie_is_told_so(browser: Browser) -> None:
    await sign_in(browser, "citizen.maryam")
    expire(browser)
    told = await browser.get(f"{URL}/00000-00000")
    assert (told.status_code, told.json()["type"]) == (401, "urn:tawasul:problem:session-expired")


async def test_a_role_that_was_taken_away_is_gone_with_the_next_renewal(
    intake: FastAPI, browser: Browser, issuer: str
) -> None:
    async with httpx2.AsyncClient() as outside:
        await outside.put(f"{issuer}/users/moving", json={"name": "M", "roles": ["head"], "entity": "works"})
        await sign_in(browser, "moving")
        await outside.put(f"{issuer}/users/moving", json={"name": "M", "roles": ["officer"], "entity": "ewa"})
    await age(intake, browser)
    await browser.get("/auth/renew")
    assert (KEYS.read(browser.cookie).roles, KEYS.read(browser.cookie).entity) == (frozenset({Role.OFFICER}), "ewa")


async def test_a_session_that_the_provider_ended_ends_here(intake: FastAPI, browser: Browser, issuer: str) -> None:
    await sign_in(browser, "dismissed")
    async with httpx2.AsyncClient() as outside:
        await outside.post(f"{issuer}/users/dismissed/revoke-tokens")
    await age(intake, browser)
    back = await browser.get("/auth/renew", params={"return_to": "/desk"})
    assert (back.headers["location"], browser.cookie, browser.renewal) == ("/desk", "", "")


async def test_a_forged_or_foreign_cookie_is_nobody(browser: Browser) -> None:
    await sign_in(browser, "citizen.maryam")
    session = KEYS.read(browser.cookie)
    for forged in (SessionKeys(OTHER_KEY).write(session), browser.cookie[:-4] + "AAAA", "nonsense"):
        browser.cookie = forged
        assert (await browser.get(f"{URL}/00000-00000")).status_code == 401
    # A key that is gone: the session itself lives on and gives a new cookie.
    await browser.get("/auth/renew")
    assert KEYS.read(browser.cookie).id == session.id


async def test_what_was_typed_survives_an_expired_session(browser: Browser, intake: FastAPI) -> None:
    await sign_in(browser, "citizen.maryam")
    token, typed = browser.form_token, 'حفرة "عميقة" <b>\nline two'
    expire(browser)
    form = {"form_token": token, "text": typed, "block": "428"}
    accepts = {"Accept": "text/html", "Origin": "http://service"}
    page = await browser.post(f"{URL}/00000-00000/withdraw", data=form, headers=accepts)
    assert page.status_code == 401
    assert fields(page.text) == [("form_token", token), ("text", typed), ("block", "428")]
    assert f'action="{URL}/00000-00000/withdraw"' in page.text
    assert "<b>" not in page.text
    (again,) = re.findall(r'href="(/auth/renew[^"]+)"', page.text)
    renewed = await browser.get((await browser.get(again)).headers["location"])
    assert renewed.status_code == 200
    assert "جُدّد تسجيل الدخول" in renewed.text
    assert browser.form_token == token


async def test_a_form_of_an_ended_session_is_given_back_with_the_new_ones_token(browser: Browser) -> None:
    await sign_in(browser, "citizen.maryam")
    old = browser.form_token
    await sign_in(browser, "citizen.maryam")
    form = {"form_token": old, "text": "typed"}
    accepts = {"Accept": "text/html", "Origin": "http://service"}
    page = await browser.post(f"{URL}/00000-00000/withdraw", data=form, headers=accepts)
    assert page.status_code == 403
    assert fields(page.text) == [("form_token", browser.form_token), ("text", "typed")]


async def test_another_sites_form_is_not_even_given_back(browser: Browser) -> None:
    await sign_in(browser, "citizen.maryam")
    expire(browser)
    headers = {"Accept": "text/html", "Origin": "https://evil.example"}
    page = await browser.post(f"{URL}/00000-00000/withdraw", data={"text": "evil"}, headers=headers)
    assert page.status_code == 403
    assert "evil" not in page.text


async def test_signing_out_ends_the_session_here_and_at_the_provider(
    intake: FastAPI, browser: Browser, issuer: str
) -> None:
    await sign_in(browser, "citizen.maryam")
    id, renewal = KEYS.read(browser.cookie).id, browser.renewal
    form = fields((await browser.get("/auth/sign-out")).text)
    assert (await browser.post("/auth/sign-out", data=dict(form))).status_code == 403
    assert (await browser.post("/auth/sign-out", headers={"Origin": "http://service"})).status_code == 403
    gone = await browser.post("/auth/sign-out", data=dict(form), headers={"Origin": "http://service"})
    assert gone.status_code == 200
    (onwards,) = re.findall(r'url=([^"]+)"', gone.text)
    query = parse_qs(urlsplit(unescape(onwards)).query)
    assert onwards.startswith(f"{issuer}/oauth2/end_session")
    assert query["post_logout_redirect_uri"] == ["http://service/"]
    assert query["id_token_hint"]
    assert (browser.cookie, browser.renewal) == ("", "")
    assert await intake.state.sessions.find(id, utc_now()) is None
    browser.renewal = renewal
    await browser.get("/auth/renew")
    assert browser.cookie == ""


async def test_a_tracking_link_becomes_a_session_of_that_submission_alone(browser: Browser) -> None:
    mine, other = [(await browser.post(URL, json=a_filing())).json() for _ in range(2)]
    swapped = await browser.get(f"/track/{mine['reference']}/{mine['secret']}")
    assert (swapped.status_code, swapped.headers["location"]) == (303, f"/track/{mine['reference']}")
    assert swapped.headers["referrer-policy"] == "no-referrer"
    assert "no-store" in swapped.headers["cache-control"]
    assert KEYS.read(browser.cookie).subject is None
    assert (await browser.get(f"{URL}/{mine['reference']}")).status_code == 200
    assert (await browser.get(f"{URL}/{other['reference']}")).status_code == 404
    told = await browser.post(
        f"{URL}/{mine['reference']}/information", json={"text": "more"}, headers=browser.own_script()
    )
    assert told.status_code == 200, told.text
    expire(browser)
    await browser.get("/auth/renew")
    assert (await browser.get(f"{URL}/{mine['reference']}")).status_code == 200


@pytest.mark.parametrize("secret", ["x", "1.", "1.AAAAAAAAAAAAAAAAAAAAAA", "x" * 200])
async def test_a_wrong_link_says_nothing_and_opens_nothing(browser: Browser, secret: str) -> None:
    filed = (await browser.post(URL, json=a_filing())).json()
    refused = await browser.get(f"/track/{filed['reference']}/{secret}")
    assert refused.status_code in (404, 422)
    assert browser.cookie == ""


async def test_links_and_sign_in_go_together(browser: Browser) -> None:
    first, second = [(await browser.post(URL, json=a_filing())).json() for _ in range(2)]
    await browser.get(f"/track/{first['reference']}/{first['secret']}")
    await sign_in(browser, "citizen.maryam")
    signed_in = KEYS.read(browser.cookie)
    await browser.get(f"/track/{second['reference']}/{second['secret']}")
    both = KEYS.read(browser.cookie)
    assert (both.subject, both.scope) == ("citizen.maryam", (first["id"], second["id"]))
    assert (both.id, both.expires_at) == (signed_in.id, signed_in.expires_at)


async def test_a_link_renews_no_expired_sign_in(browser: Browser) -> None:
    filed = (await browser.post(URL, json=a_filing())).json()
    await sign_in(browser, "citizen.maryam")
    expire(browser)
    swapped = await browser.get(f"/track/{filed['reference']}/{filed['secret']}")
    assert swapped.headers["location"].startswith("/auth/renew?")
    assert KEYS.read(browser.cookie).is_expired(utc_now())
    await browser.get(swapped.headers["location"])
    assert KEYS.read(browser.cookie).scope == (filed["id"],)


async def test_without_session_keys_tokens_and_secrets_still_work(infrastructure: Infrastructure, issuer: str) -> None:
    app = create_app(intake_settings(infrastructure, "test_sign_in", "signin.", issuer).model_copy(update=NO_KEYS))
    assert app.state.session_keys is None
    app.state.service.is_started = True
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://service") as client:
        assert (await client.get("/auth/sign-in")).json()["type"] == "urn:tawasul:problem:sign-in-not-set-up"


NO_KEYS = {"session_keys": SecretStr("")}


def fields(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    return [(unescape(name), unescape(value)) for name, value in found]
