"""`tawasul sbom`: what the services are made of (CycloneDX), and under which licences.

The list is uv's, from the lock; browsers' libraries come from npm's lock. A licence is what a package says of itself.
"""

import json
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from tawasul.stack.component import CannotStart
from tawasul.stack.paths import REPOSITORY, state_folder
from tawasul.stack.settings import SERVICES

Component = dict[str, Any]
OWN = "Apache-2.0"
ELSEWHERE = "not for this platform"

SPOKEN = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""How packages that give no SPDX expression say it. "BSD License" is what those with three clauses write, too."""

READ = {"dkimpy": "Zlib"}
"""Packages whose metadata names no licence: what the text that comes with them is."""

MAY_BE_SHIPPED = frozenset(
    {
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "MIT-CMU"),
        *("MPL-2.0", "OFL-1.1", "PSF-2.0", "Zlib"),
    }
)
"""Nothing in them reaches our own code: MPL's terms end at its files, OFL's at the font."""


def bill_of_materials(packages: Sequence[str]) -> Component:
    """CycloneDX of what the lock gives to these members of the workspace, licences filled in. Raises CannotStart."""
    bill: Component = json.loads(_exported(packages))
    for component in bill["components"]:
        component["licenses"] = [{"expression": licence_of(component["name"])}]
    bill["components"] += browser_libraries()
    return bill


def _exported(packages: Sequence[str]) -> str:
    uv = shutil.which("uv") or str(state_folder() / "uv" / "bin" / "uv")
    chosen = [word for package in packages for word in ("--package", package)]
    command = [uv, "export", "--format", "cyclonedx1.5", "--frozen", "--no-dev", "--quiet", *chosen]
    try:
        answer = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise CannotStart("there is no uv: `make up` brings one") from error
    if answer.returncode:
        raise CannotStart(f"uv cannot export the lock: {answer.stderr.strip().splitlines()[-1]}")
    return answer.stdout


def browser_libraries(lock: Path = REPOSITORY / "package-lock.json") -> list[Component]:
    """Packages that browsers are given, without those that check the pages."""
    found: Mapping[str, Component] = json.loads(lock.read_text())["packages"]
    return [
        {
            "type": "library",
            "bom-ref": f"npm-{path.removeprefix('node_modules/')}@{package['version']}",
            "name": path.removeprefix("node_modules/"),
            "version": package["version"],
            "purl": f"pkg:npm/{path.removeprefix('node_modules/').replace('@', '%40')}@{package['version']}",
            "licenses": [{"expression": package["license"]}],
        }
        for path, package in found.items()
        if path and not package.get("dev")
    ]


def licence_of(package: str) -> str:
    """As an SPDX expression where the package says so, or can be understood; otherwise its own words."""
    if package.startswith("tawasul-"):
        return OWN
    try:
        said = metadata(package)
    except PackageNotFoundError:
        return ELSEWHERE
    if package in READ:
        return READ[package]
    if "License-Expression" in said:
        return said["License-Expression"]
    classified = [each.rpartition(" :: ")[2] for each in said.get_all("Classifier") or () if "License" in each]
    spoken = [word for word in classified if word != "OSI Approved"]
    if not spoken and "License" in said:
        spoken = said["License"].splitlines()[:1]
    return " OR ".join(SPOKEN.get(word, word) for word in spoken) or "unknown"


def may_be_shipped(licence: str) -> bool:
    """Whether one of the alternatives consists of nothing but what may be."""
    alternatives = licence.replace("(", "").replace(")", "").split(" OR ")
    return licence == ELSEWHERE or any(set(each.split(" AND ")) <= MAY_BE_SHIPPED for each in alternatives)


def _by_licence(components: Iterable[Component]) -> Iterator[tuple[str, list[str]]]:
    found: dict[str, set[str]] = defaultdict(set)
    for component in components:
        found[component["licenses"][0]["expression"]].add(f"{component['name']} {component.get('version', '')}".strip())
    return ((licence, sorted(names)) for licence, names in sorted(found.items()))


def sbom(
    output: Annotated[Path | None, typer.Option(help="the file to write; without, in the state folder")] = None,
) -> None:
    """Write what the services are made of (CycloneDX) and list licences; exit code 1 where one may not be shipped."""
    console = Console(highlight=False)
    try:
        bill = bill_of_materials([f"tawasul-{service}" for service in SERVICES])
    except CannotStart as reason:
        console.print(f"[red]tawasul:[/] {reason}")
        raise typer.Exit(1) from None
    file = output or state_folder() / "sbom.cdx.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(bill, indent=1, ensure_ascii=False) + "\n")
    table = Table("licence", "packages")
    refused = []
    for licence, names in _by_licence(bill["components"]):
        table.add_row(licence, ", ".join(names))
        refused += [] if may_be_shipped(licence) else names
    console.print(table)
    console.print(f"{len(bill['components'])} components, in {file}")
    if refused:
        console.print(f"[red]may not be shipped, or says nothing:[/] {', '.join(refused)}")
        raise typer.Exit(1)
