"""A copy of the repository in which faults are planted; the working tree is never touched."""

import importlib.util
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tawasul.stack.paths import NODE_MODULES, REPOSITORY

from tests.contract.kept import kept_files
from tests.planted_faults.faults import Edit

PACKAGE_ROOTS = ("services/intake", "services/router", "services/sla-monitor", "services/notifier", "shared", "deploy")


class NotPlanted(Exception):
    """A fault does not fit the sources any more."""


def file_of(module: str) -> Path:
    """The source of a module, relative to the repository. Only its package is imported."""
    package, *inner = module.split(".")
    found = importlib.util.find_spec(package)
    if found is None or found.submodule_search_locations is None:
        raise NotPlanted(f"no package {package}")
    place = Path(found.submodule_search_locations[0]).joinpath(*inner)
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    if not file.is_file():
        raise NotPlanted(f"no module {module}")
    return file.relative_to(REPOSITORY)


def with_faults(source: str, edits: Sequence[Edit]) -> str:
    """Raises NotPlanted where an old text does not stand exactly once in the source."""
    for edit in edits:
        if (count := source.count(edit.old)) != 1:
            raise NotPlanted(f"{edit.module}: {count} times instead of once: {edit.old!r}")
        source = source.replace(edit.old, edit.new)
    return source


def planted(edits: Sequence[Edit], root: Path = REPOSITORY) -> dict[Path, str]:
    """The changed files, with what stands in them with the fault."""
    modules = {edit.module for edit in edits}
    return {
        (file := root / file_of(module)): with_faults(
            file.read_text(), [edit for edit in edits if edit.module == module]
        )
        for module in sorted(modules)
    }


class Scratch:
    """The copy. `environment` lets Python find the packages there before those that are installed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for file in kept_files():
            copy = root / file.relative_to(REPOSITORY)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, copy, follow_symlinks=False)
        if NODE_MODULES.is_dir():
            (root / NODE_MODULES.name).symlink_to(NODE_MODULES)
        self.environment = os.environ | {"PYTHONPATH": os.pathsep.join(str(root / each) for each in PACKAGE_ROOTS)}
        self._planted = 0

    @contextmanager
    def with_fault(self, edits: Sequence[Edit]) -> Iterator[None]:
        changed = planted(edits, self.root)
        before = {file: (file.read_bytes(), file.stat()) for file in changed}
        self._planted += 1
        try:
            for file, source in changed.items():
                file.write_text(source)
                # Compiled files are told apart by the second: no two faults of one file share it.
                stamp = time.time() + self._planted
                os.utime(file, (stamp, stamp))
            yield
        finally:
            for file, (content, stat) in before.items():
                file.write_bytes(content)
                os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
