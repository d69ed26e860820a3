"""A service's credentials open its own database, and nobody else's; contacts are the notifier's to read."""

import json
from pathlib import Path

from tawasul.stack.settings import DATABASES, SERVICES

from tests.compose.findings import Findings
from tests.compose.project import Project

SCRIPT = Path(__file__).with_name("reach.py").read_text()


def check(project: Project, findings: Findings) -> None:
    for service in SERVICES:
        code, said = project.inside(
            service, "/bin/sh", "/entrypoint.sh", "python", "-c", SCRIPT, *(DATABASES[each] for each in SERVICES)
        )
        if code != 0:
            findings.expect(False, f"what {service} may reach can be tried", said[-1000:])
            continue
        reached = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
        for other in SERVICES:
            tried = reached["databases"][DATABASES[other]]
            wanted = "done" if other == service else "refused"
            findings.expect(
                set(tried.values()) == {wanted}, f"{service} in the database of {other}: {wanted}", str(tried)
            )
        around = {**reached["databases"]["admin"], **reached["databases"]["nobody"]}
        findings.expect(set(around.values()) == {"refused"}, f"{service}: no users, and nothing unsigned", str(around))
        contacts = reached["contacts"]
        wanted = "done" if service == "notifier" else "refused"
        findings.expect(contacts["read"] == wanted, f"{service} reading contacts in Kafka: {wanted}", str(contacts))
        another = contacts["sign in with another password"]
        findings.expect(another == "refused", f"{service} does not get into Kafka with another password", another)
    for store, port in {"mongodb": 27017, "kafka": 9092}.items():
        code, said = project.inside("door", "nc", "-z", "-w", "3", store, str(port))
        findings.expect(code != 0, f"the door does not reach {store}", said)
