"""A real Keycloak from its Maven distribution with the realm of `deploy/keycloak/`: in memory, on a port of its own."""

import fcntl
import hashlib
import re
import secrets
import shutil
import subprocess
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Callable
from html import unescape
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
from tawasul.stack.component import CannotStart
from tawasul.stack.java import java
from tawasul.stack.paths import REPOSITORY, state_folder
from tawasul.stack.ports import Port

SOURCE = REPOSITORY / "deploy" / "keycloak"
ADMINISTRATOR = "admin"
PASSWORD = "a password for this test alone"


Transport = Callable[[], httpx2.AsyncBaseTransport | None]
"""A client closes its own."""


class Administration:
    """A Keycloak that runs, and the password of its administrator. `url`: where it is reached."""

    def __init__(self, url: str, password: str, issuer: str = "", transport: Transport = lambda: None):
        self.url = url
        self.issuer = issuer or f"{url}/realms/tawasul"
        self.transport = transport
        self._password = password

    async def administer(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        """One request to the administration of the realm."""
        async with httpx2.AsyncClient(timeout=30, transport=self.transport()) as http:
            login = {"grant_type": "password", "client_id": "admin-cli"}
            login |= {"username": ADMINISTRATOR, "password": self._password}
            token = await http.post(f"{self.url}/realms/master/protocol/openid-connect/token", data=login)
            token.raise_for_status()
            answer = await http.request(
                method,
                f"{self.url}/admin/realms/tawasul{path}",
                json=body,
                headers={"Authorization": f"Bearer {token.json()['access_token']}"},
            )
            answer.raise_for_status()
            return answer

    async def give_password(self, user: str) -> None:
        """The realm holds none."""
        body = {"type": "password", "value": PASSWORD, "temporary": False}
        await self.administer("PUT", f"/users/{user}/reset-password", body)


class Keycloak(Administration):
    name = "keycloak"
    needs: tuple[str, ...] = ()
    patience = 240.0
    advice = "see its log"

    def __init__(self, port: int, public_url: str) -> None:
        super().__init__(f"http://127.0.0.1:{port}", PASSWORD)
        self.ports = (Port("keycloak", port),)
        self._public_url = public_url

    def prepare(self) -> None:
        folder = distribution() / "data" / "import"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(SOURCE / "tawasul-realm.json", folder / "tawasul-realm.json")

    def command(self) -> list[str]:
        return [
            *("/bin/bash", str(distribution() / "bin" / "kc.sh"), "start-dev", "--import-realm", "--db=dev-mem"),
            *("--http-host=127.0.0.1", f"--http-port={self.ports[0].number}"),
        ]

    def environment(self) -> dict[str, str]:
        return {
            "JAVA": java(),
            "JAVA_OPTS_KC_HEAP": "-Xms64m -Xmx512m",
            "KC_BOOTSTRAP_ADMIN_USERNAME": ADMINISTRATOR,
            "KC_BOOTSTRAP_ADMIN_PASSWORD": PASSWORD,
            "TAWASUL_PUBLIC_URL": self._public_url,
        }

    async def is_ready(self) -> bool:
        async with httpx2.AsyncClient() as http:
            try:
                return (await http.get(f"{self.issuer}/.well-known/openid-configuration")).is_success
            except httpx2.TransportError:
                return False


def distribution() -> Path:
    """The unpacked distribution in the state folder, fetched once."""
    folder = state_folder() / "keycloak"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = folder / "pom.xml"
        if not stamp.exists() or stamp.read_bytes() != (SOURCE / "pom.xml").read_bytes():
            _fetch(folder)
            shutil.copyfile(SOURCE / "pom.xml", stamp)
    (found,) = folder.glob("keycloak-*/")
    return found


def _fetch(folder: Path) -> None:
    mvn = shutil.which("mvn")
    if mvn is None:
        raise CannotStart("Keycloak comes through Maven, and there is no mvn: apt-get install maven, then try again")
    for earlier in folder.glob("keycloak-*/"):
        shutil.rmtree(earlier)
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={folder}"]
    answer = subprocess.run(
        [mvn, "-q", "-B", "-f", str(SOURCE / "pom.xml"), *goal], capture_output=True, text=True, check=False
    )
    if answer.returncode != 0:
        first = next((line for line in answer.stdout.splitlines() if "ERROR" in line), "no reason given")
        raise CannotStart(f"mvn could not fetch Keycloak: {first}")
    for archive in folder.glob("*.zip"):
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder)
        archive.unlink()


def a_person(transport: httpx2.AsyncBaseTransport | None = None) -> httpx2.AsyncClient:
    """A browser at the provider. Like any browser it keeps `Secure` cookies of the loopback interface without TLS."""
    policy = DefaultCookiePolicy(secure_protocols=("http", "https"))
    return httpx2.AsyncClient(cookies=CookieJar(policy), transport=transport, timeout=30)


async def sign_in_form(url: str, user: str, person: httpx2.AsyncClient) -> str:
    """Fill in Keycloak's own form, as a person would; the address that it sends the browser back to."""
    page = await person.get(url)
    if page.status_code == 200:
        (action,) = re.findall(r'<form[^>]*id="kc-form-login"[^>]*action="([^"]+)"', page.text)
        page = await person.post(unescape(action), data={"username": user, "password": PASSWORD})
    assert page.status_code == 302, page.text[:2_000]
    return str(page.headers["location"])


async def approve(url: str, user: str, person: httpx2.AsyncClient) -> None:
    """Sign in where a device asks for it, and grant it what it wants."""
    page = await person.get(url, follow_redirects=True)
    (action,) = re.findall(r'<form[^>]*id="kc-form-login"[^>]*action="([^"]+)"', page.text)
    login = {"username": user, "password": PASSWORD}
    page = await person.post(page.url.join(unescape(action)), data=login, follow_redirects=True)
    (action,) = re.findall(r'<form[^>]*action="([^"]+)"[^>]*method="POST"', page.text)
    (code,) = re.findall(r'name="code" value="([^"]+)"', page.text)
    grant = {"code": unescape(code), "accept": "Yes"}
    page = await person.post(page.url.join(unescape(action)), data=grant, follow_redirects=True)
    assert page.is_success, page.text[:2_000]


async def access_token(keycloak: Administration, user: str, redirect_uri: str) -> str:
    """A token as an API client gets it: authorization code with PKCE."""
    endpoints = f"{keycloak.issuer}/protocol/openid-connect"
    verifier = secrets.token_urlsafe(48)
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = {"response_type": "code", "client_id": "tawasul", "redirect_uri": redirect_uri, "scope": "openid"}
    query |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    async with a_person(keycloak.transport()) as person:
        back = await sign_in_form(f"{endpoints}/auth?{urlencode(query)}", user, person)
        code = parse_qs(urlsplit(back).query)["code"][0]
        form = {"grant_type": "authorization_code", "client_id": "tawasul", "redirect_uri": redirect_uri}
        answer = await person.post(f"{endpoints}/token", data=form | {"code": code, "code_verifier": verifier})
        answer.raise_for_status()
    return str(answer.json()["access_token"])
