"""What a container may not: run as root, write where it lies, take more than its share, show a secret."""

from collections.abc import Iterator
from typing import Any

from tawasul.stack.settings import SERVICES

from tests.compose.findings import Findings
from tests.compose.project import Project, docker

READ_ONLY = (*SERVICES, "door", "mailpit")
OPTIONAL = {"watch": {"prometheus", "alertmanager", "grafana", "blackbox", "node"}, "trace": {"jaeger"}}
Container = dict[str, Any]


def check(project: Project, findings: Findings) -> None:
    containers = project.containers()
    for name in READ_ONLY:
        host = containers[name]["HostConfig"]
        code, said = project.inside(name, "touch", "/written")
        findings.expect(
            host["ReadonlyRootfs"] and code != 0 and "Read-only" in said, f"{name} cannot write to its root", said
        )
    for name, container in containers.items():
        host = container["HostConfig"]
        findings.expect(
            host["Memory"] > 0 and host["NanoCpus"] > 0,
            f"{name} has at most {host['Memory'] >> 20} MiB and {host['NanoCpus'] / 1e9:.1f} processors",
        )
        if container["State"]["Running"]:
            users = set(_users(container))
            findings.expect("root" not in users, f"{name} does not run as root", str(users))
            findings.expect(container["State"]["Health"]["Status"] == "healthy", f"{name} is healthy")
            findings.expect(container["RestartCount"] == 0, f"{name} came up at its first start")
        else:
            findings.expect(container["State"]["ExitCode"] == 0, f"{name} has done its work")
    _check_secrets(project, containers, findings)


def _users(container: Container) -> Iterator[str]:
    for line in docker("top", container["Id"], "-eo", "user:32,pid").splitlines()[1:]:
        yield line.split()[0]


def _check_secrets(project: Project, containers: dict[str, Container], findings: Findings) -> None:
    secrets = {file.name: file.read_text().strip() for file in project.secrets.iterdir()}
    for name, container in containers.items():
        told = "\n".join([*container["Config"]["Env"], *(container["Args"] or []), str(container["Config"]["Cmd"])])
        shown = [secret for secret, value in secrets.items() if value in told]
        findings.expect(not shown, f"{name} is told no secret but by files", str(shown))


def check_profiles(project: Project, findings: Findings) -> None:
    plain = set(project.compose("config", "--services").split())
    for profile, optional in OPTIONAL.items():
        more = set(project.compose("--profile", profile, "config", "--services").split())
        findings.expect(
            more - plain == optional, f"the profile `{profile}` adds {', '.join(sorted(optional))}", str(plain)
        )
