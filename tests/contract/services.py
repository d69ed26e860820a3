"""The services as their own `app.py` wires them, without Kafka, MongoDB or a server."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from fastapi import FastAPI
from shared.operations.settings import ServiceSettings
from shared.privacy.contacts import new_key
from tawasul.stack.settings import SERVICES

PACKAGES = {service: service.replace("-", "_") for service in SERVICES}
"""Package by service."""

SECRETS = {
    "TAWASUL_CONTACT_KEYS": new_key(),
    "TAWASUL_TRACKING_KEYS": "1:c3ludGhldGljLWtleS1mb3ItdGhlLWNvbnRyYWN0LXRlc3Q=",
    "TAWASUL_SMTP_HOST": "127.0.0.1",
}
"""Settings without which a service does not start."""


def settings_class(package: str) -> type[ServiceSettings]:
    module = importlib.import_module(f"{package}.settings")
    own = [
        found
        for _, found in inspect.getmembers(module, inspect.isclass)
        if issubclass(found, ServiceSettings) and found.__module__ == module.__name__
    ]
    assert len(own) == 1, f"{module.__name__} is to define one settings class"
    return own[0]


@cache
def create_app(package: str) -> FastAPI:
    """Made once: nothing here starts one or changes anything of it."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SECRETS.items():
            patch.setenv(name, value)
        app: FastAPI = importlib.import_module(f"{package}.app").create_app(settings_class(package)())
    return app


def modules(package: str) -> Iterator[ModuleType]:
    root = importlib.import_module(package)
    yield root
    for found in pkgutil.walk_packages(root.__path__, f"{package}."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def sources(package: str) -> Iterator[tuple[str, Path]]:
    """Name and file of every module, `__main__` among them."""
    root = Path(str(importlib.import_module(package).__file__)).parent
    for file in sorted(root.rglob("*.py")):
        name = ".".join((package, *file.relative_to(root).with_suffix("").parts)).removesuffix(".__init__")
        yield name, file
