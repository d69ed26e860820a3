"""Where the project of a check listens, apart from whatever else this machine runs."""

import asyncio

import httpx2
from tawasul.sign_in import Bearers

from tests.compose.project import Project
from tests.support.keycloak import Administration, access_token

BIND = "127.0.0.2"
DOOR = f"http://{BIND}:8080"
MAILPIT = f"http://{BIND}:8025"
PROMETHEUS = f"http://{BIND}:9090"
ALERTMANAGER = f"http://{BIND}:9093"
KEYCLOAK = "http://keycloak.localhost:8081"
VARIABLES = {"TAWASUL_BIND": BIND, "TAWASUL_PUBLIC_URL": DOOR, "COMPOSE_ANSI": "never"}


class HostsOfThisMachine(httpx2.AsyncHTTPTransport):
    """Names below `localhost` lead to where the project listens, whatever this machine makes of them."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.host.endswith(".localhost"):
            request = httpx2.Request(
                request.method,
                request.url.copy_with(host=BIND),
                headers=request.headers,
                stream=request.stream,
                extensions=request.extensions,
            )
        return await super().handle_async_request(request)


def keycloak(project: Project) -> Administration:
    password = project.secret("keycloak_admin_password")
    return Administration(KEYCLOAK, password, f"{KEYCLOAK}/realms/tawasul", HostsOfThisMachine)


class SignedIn(Bearers):
    """People of the realm, each signed in at Keycloak's own form once."""

    def __init__(self, administration: Administration) -> None:
        super().__init__(administration.issuer)
        self._administration = administration
        self._one_at_a_time = asyncio.Lock()

    async def headers(self, subject: str) -> dict[str, str]:
        async with self._one_at_a_time:
            if subject not in self._tokens:
                await self._administration.give_password(subject)
                self._tokens[subject] = await access_token(self._administration, subject, f"{DOOR}/auth/callback")
        return {"Authorization": f"Bearer {self._tokens[subject]}"}
