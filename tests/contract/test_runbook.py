"""Every command of the runbook is run by a test, or named with the reason why not."""

import re
import subprocess
from hashlib import sha256

from tests.compose.runbook import IN_THIS_ORDER, NOT_HERE, blocks, commands
from tests.support.named import missing

WITHOUT_DOCKER = re.compile(r"(\S+=\S+ )*(\.venv/bin/tawasul|sh deploy/docker/secrets)")
"""Run by tests/operations/test_the_demo_watched.py, in a system of its own, or where that says."""
OF_THE_KEY = "tests/contract/test_runbook.py::test_the_key_of_a_program_and_its_hash_belong_together"
ELSEWHERE = {
    "/mail/reports": "tests/component/test_mail_reports.py"
    "::test_who_reports_a_mail_gets_no_more_until_the_central_office_lifts_it",
    "/api/intake/v1/erasures": "tests/component/test_erasure.py"
    "::test_the_central_office_erases_by_reference_and_leaves_a_record",
    "sla_monitor rebuild": "tests/component/test_rebuild.py"
    "::test_clocks_come_back_from_their_facts_and_facts_from_kafka",
    "openssl rand -hex 24": OF_THE_KEY,
    "name-of-the-program:": OF_THE_KEY,
}
"""The test with the same request or call, by a part of the command that no other has."""
BY_A_PERSON = {"deploy/keycloak/token.sh": "signs in with a browser"}


def test_every_command_is_run_by_a_test_or_named_with_why_not() -> None:
    parts = (*ELSEWHERE, *BY_A_PERSON)
    left = [
        command
        for command in blocks()
        if not WITHOUT_DOCKER.match(command) and "docker compose" not in command
        if sum(part in command for part in parts) != 1
    ]
    assert left == []
    assert missing(ELSEWHERE.values()) == []


def test_every_command_for_docker_is_run_by_the_check_of_compose_or_named_with_why_not() -> None:
    parts = (*IN_THIS_ORDER, *NOT_HERE)
    found = {command: [part for part in parts if part in command] for command in commands()}
    assert {command: named for command, named in found.items() if len(named) != 1} == {}
    assert {part for named in found.values() for part in named} >= set(IN_THIS_ORDER)


def test_the_key_of_a_program_and_its_hash_belong_together() -> None:
    script = "\n".join(command for command in blocks() if "openssl rand" in command or "name-of-the-program" in command)
    said = subprocess.run(["bash", "-ec", script], capture_output=True, text=True, check=True).stdout.split()
    key, entry = said
    assert entry == f"name-of-the-program:{sha256(key.encode()).hexdigest()}"
