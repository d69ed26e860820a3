"""docker-compose.yml and what it mounts, against the services' settings: without Docker, so that nothing drifts."""

import json
import os
import re
import shutil
import subprocess
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr
from shared.events.model import Role
from shared.http.session_cookie import SessionKeys
from shared.privacy.audit import read_keys
from shared.privacy.contacts import KeyRing
from tawasul.stack.paths import COUNTRY, REPOSITORY

from tests.contract.services import PACKAGES, settings_class

COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
REALM: dict[str, Any] = json.loads((REPOSITORY / "deploy" / "keycloak" / "tawasul-realm.json").read_text())
KEYS = {"contact_keys", "tracking_keys", "session_keys", "audit_keys", "push_key"}


def _runs_once(name: str) -> bool:
    return name.endswith("-init")


def _secrets(service: dict[str, Any]) -> dict[str, str]:
    """Source by the name of the file in the container."""
    used = [{"source": entry} if isinstance(entry, str) else entry for entry in service.get("secrets", [])]
    return {entry.get("target", entry["source"]): entry["source"] for entry in used}


@pytest.mark.parametrize(("service", "package"), PACKAGES.items())
def test_a_service_is_told_only_what_its_settings_know(service: str, package: str) -> None:
    known = {f"TAWASUL_{name.upper()}" for name in settings_class(package).model_fields}
    told = {*SERVICES[service]["environment"], *_secrets(SERVICES[service])}
    assert told - known == set()
    required = {
        f"TAWASUL_{name.upper()}" for name, field in settings_class(package).model_fields.items() if field.is_required()
    }
    assert required <= told


@pytest.mark.parametrize(("service", "package"), PACKAGES.items())
def test_a_service_listens_where_the_others_look_for_it(service: str, package: str) -> None:
    port = str(settings_class(package).model_fields["port"].default)
    assert SERVICES[service]["environment"]["TAWASUL_PORT"] == port
    upstream = f"TAWASUL_UPSTREAM_{service.upper().replace('-', '_')}"
    assert SERVICES["door"]["environment"][upstream] == f"{service}:{port}"
    assert f":{port}/readyz" in SERVICES[service]["healthcheck"]["test"][-1]
    prometheus = yaml.safe_load((REPOSITORY / "deploy" / "prometheus" / "prometheus.yml").read_text())
    scraped = [
        target for job in prometheus["scrape_configs"] for entry in job["static_configs"] for target in entry["targets"]
    ]
    assert f"{service}:{port}" in scraped


def test_prometheus_looks_for_what_runs_where_it_listens() -> None:
    prometheus = (REPOSITORY / "deploy" / "prometheus" / "prometheus.yml").read_text()
    for host, _ in re.findall(r'"(?:http://)?([a-z-]+):(\d+)/?"', prometheus):
        assert host in (*SERVICES, "localhost")
    for name in ("alertmanager", "blackbox", "node"):
        (port,) = set(re.findall(rf'"{name}:(\d+)"', prometheus))
        assert f":{port}/" in SERVICES[name]["healthcheck"]["test"][-1]


def test_the_door_is_told_what_its_caddyfile_asks_for() -> None:
    asked = set(re.findall(r"\{\$(TAWASUL_\w+)", (REPOSITORY / "deploy" / "gateway" / "Caddyfile").read_text()))
    assert SERVICES["door"]["environment"].keys() <= asked


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_bounded_watched_and_replaceable(name: str) -> None:
    service = SERVICES[name]
    assert re.fullmatch(r"\$\{[A-Z_]+_IMAGE:-.+\}", service["image"])
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}
    assert _runs_once(name) or service["healthcheck"]["test"]


def test_every_start_waits_for_what_it_needs() -> None:
    for name, service in SERVICES.items():
        for needed, how in service.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if _runs_once(needed) else "service_healthy"
            assert how["condition"] == wanted, f"{name} → {needed}"
    for service_name in PACKAGES:
        assert {"kafka", "mongodb", "kafka-init", "mongodb-init"} <= SERVICES[service_name]["depends_on"].keys()


def test_no_secret_stands_in_the_file() -> None:
    assert all(secret.keys() == {"file"} for secret in COMPOSE["secrets"].values())
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|TOKEN|_KEYS?\b", variable):
                assert str(value).startswith("/run/secrets/"), f"{name}: {variable}"


def test_every_secret_is_declared_and_used() -> None:
    used = {source for service in SERVICES.values() for source in _secrets(service).values()}
    assert used == COMPOSE["secrets"].keys()


def test_no_service_holds_another_ones_credentials() -> None:
    for name in PACKAGES:
        for source in _secrets(SERVICES[name]).values():
            assert source.startswith(f"{name}_") or source in KEYS
    holders = {name for name in SERVICES if "contact_keys" in _secrets(SERVICES[name]).values()}
    assert holders == {"intake", "notifier"}
    for key, holder in (("tracking_keys", "intake"), ("push_key", "notifier")):
        assert [name for name in SERVICES if key in _secrets(SERVICES[name]).values()] == [holder]


def test_the_script_makes_every_secret_once(tmp_path: Path) -> None:
    script = ["sh", str(REPOSITORY / "deploy" / "docker" / "secrets.sh"), str(tmp_path / "secrets")]
    subprocess.run(script, check=True, capture_output=True)
    made = {file.name: file.read_text() for file in (tmp_path / "secrets").iterdir()}
    assert made.keys() == {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()}
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0

    assert KeyRing(SecretStr(made["contact_keys"]))
    assert SessionKeys(made["session_keys"])
    assert read_keys(made["audit_keys"])
    assert len(urlsafe_b64decode(made["push_key"])) == 32
    intake = settings_class("intake")(contact_keys=made["contact_keys"], tracking_keys=made["tracking_keys"])
    assert intake.model_dump()["tracking_keys"].get_secret_value().startswith("1:")
    for service in PACKAGES:
        assert made[f"{service}_mongodb_password"] in made[f"{service}_mongo_uri"]
        assert f'user_{service}="{made[f"{service}_kafka_password"]}"' in made["kafka_jaas"]

    subprocess.run(script, check=True, capture_output=True)
    assert made == {file.name: file.read_text() for file in (tmp_path / "secrets").iterdir()}


def test_no_secret_can_be_taken_for_an_option(tmp_path: Path) -> None:
    """Whatever random bytes come: here every other time those that base64 writes as `+` or, safe for URLs, as `-`."""
    head = tmp_path / "bin" / "head"
    head.parent.mkdir()
    head.write_text(f"""#!/bin/sh
if [ -e {tmp_path}/turn ]; then rm {tmp_path}/turn; exec {shutil.which("head")} "$@"; fi
touch {tmp_path}/turn
exec printf '\\373\\357\\276%029d' 0
""")
    head.chmod(0o755)
    subprocess.run(
        ["sh", str(REPOSITORY / "deploy" / "docker" / "secrets.sh"), str(tmp_path / "secrets")],
        check=True,
        capture_output=True,
        env={**os.environ, "PATH": f"{head.parent}{os.pathsep}{os.environ['PATH']}"},
    )
    made = {file.name: file.read_text() for file in (tmp_path / "secrets").iterdir()}
    assert [name for name, value in made.items() if value.startswith("-")] == []
    for name in ("contact_keys", "session_keys", "audit_keys", "push_key"):
        assert len(urlsafe_b64decode(made[name])) == 32, name


def test_only_what_is_optional_waits_for_its_profile() -> None:
    optional = {name: service["profiles"] for name, service in SERVICES.items() if "profiles" in service}
    watching = {name: ["watch"] for name in ("prometheus", "alertmanager", "grafana", "blackbox", "node")}
    assert optional == watching | {"jaeger": ["trace"]}


def test_nothing_is_traced_unless_it_is_asked_for() -> None:
    for name in PACKAGES:
        environment = SERVICES[name]["environment"]
        assert environment["TAWASUL_TRACING_ENDPOINT"] == "${TAWASUL_TRACING_ENDPOINT:-}"
        share = settings_class(PACKAGES[name]).model_fields["tracing_share"].default
        assert environment["TAWASUL_TRACING_SHARE"] == f"${{TAWASUL_TRACING_SHARE:-{share}}}"


def test_our_containers_and_the_door_are_confined() -> None:
    for name in (*PACKAGES, "country-init", "door", "mailpit"):
        service = SERVICES[name]
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service.get("build") or service["user"] not in ("", "0", "0:0", "root"), name


def test_the_country_is_loaded_before_the_door_opens() -> None:
    assert "--only-where-none-is" in SERVICES["country-init"]["command"]
    assert "country-init" in SERVICES["door"]["depends_on"]
    assert SERVICES["country-init"]["volumes"] == ["${TAWASUL_COUNTRY:-./deploy/country}:/country:ro"]


def test_the_realm_holds_no_credential() -> None:
    assert not any(user.get("credentials") for user in REALM["users"])
    of_machines = {client["clientId"]: client for client in REALM["clients"] if "secret" in client}
    assert of_machines.keys() == {"installer"}
    # Nothing in the environment, no client: without its defaults the text of a variable would be a secret all know.
    assert of_machines["installer"]["enabled"] == "${TAWASUL_INSTALLER:false}"
    assert of_machines["installer"]["secret"] == "${TAWASUL_INSTALLER_SECRET:}"


def test_every_official_of_the_sample_country_can_sign_in_at_the_realm_and_nobody_else_but_citizens() -> None:
    people = {user["id"]: user for user in REALM["users"] if "serviceAccountClientId" not in user}
    officials = {official["id"]: official for official in yaml.safe_load((COUNTRY / "officials.yaml").read_text())}
    assert {name for name, user in people.items() if user["realmRoles"] != ["citizen"]} == officials.keys()
    for name, official in officials.items():
        user = people[name]
        assert user["username"] == name
        assert (user["realmRoles"], user["attributes"]["entity"]) == ([official["role"]], [official["entity"]])
        assert f"{user['firstName']} {user['lastName']}" == official["name"]["en"]
        assert user["email"] == official["email"]


def test_the_realm_gives_the_claims_that_services_read() -> None:
    client, installer = REALM["clients"]
    assert installer["protocolMappers"] == client["protocolMappers"]
    mappers = {mapper["name"]: mapper["config"] for mapper in client["protocolMappers"]}
    assert mappers["audience"]["included.custom.audience"] == "tawasul"
    assert mappers["roles"]["claim.name"] == "roles"
    assert mappers["entity"]["claim.name"] == "entity"
    assert client["attributes"]["pkce.code.challenge.method"] == "S256"
    assert {role["name"] for role in REALM["roles"]["realm"]} - {"default-roles-tawasul"} == set(Role)
