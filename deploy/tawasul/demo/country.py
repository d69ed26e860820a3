"""The sample country's files, as the services take them."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict
from shared.yaml_files import read_yaml

from tawasul.stack.paths import COUNTRY

DIRECTORY = ("entities", "officials", "categories", "areas", "rules")
ONLY_WHERE_WRITTEN = ("templates", "places")
CALENDARS_AND_POLICIES = ("calendars", "policies")
ACT_WITHIN = ("officer", "supervisor", "head")

Document = dict[str, Any]


class Reply(BaseModel):
    """An official's answer, and the stars that the author gives for it."""

    model_config = ConfigDict(extra="forbid")

    reason_code: str
    text: str
    rated: int | None = None


class Sample(BaseModel):
    """A submission as the public API takes it, the entity that should answer it, and what it answers in the demo."""

    model_config = ConfigDict(extra="allow")

    kind: str
    text: str
    language: str
    channel: str
    expect: str
    contact: dict[str, str] | None = None
    answer: Reply | None = None

    def body(self) -> Document:
        return self.model_dump(exclude={"expect", "answer"}, exclude_none=True)

    @property
    def email(self) -> str | None:
        return (self.contact or {}).get("email")


class Country:
    def __init__(self, folder: Path = COUNTRY) -> None:
        self._folder = folder

    def directory(self) -> Document:
        more = [name for name in ONLY_WHERE_WRITTEN if (self._folder / f"{name}.yaml").exists()]
        return {name: self._read(name) for name in (*DIRECTORY, *more)}

    def calendars_and_policies(self) -> Document:
        rulebook: Document = {name: self._read(name) for name in CALENDARS_AND_POLICIES}
        return rulebook | {"reason": f"as in {self._folder.name}"}

    def samples(self) -> list[Sample]:
        return [Sample.model_validate(sample) for sample in self._read("samples")]

    def addresses(self) -> dict[str, set[str]]:
        """By entity: its own work address and those of its officials."""
        addresses = {entity["id"]: {entity["email"]} for entity in self._read("entities")}
        for official in self._read("officials"):
            addresses[official["entity"]].add(official["email"])
        return addresses

    def official(self, role: str) -> str:
        """Subject of the first official with that role."""
        return str(next(official["id"] for official in self._read("officials") if official["role"] == role))

    def who_answers(self) -> dict[str, str]:
        """By entity: the subject of the first of its officials who act within it."""
        acting = [official for official in self._read("officials") if official["role"] in ACT_WITHIN]
        return {official["entity"]: str(official["id"]) for official in reversed(acting)}

    def officials(self) -> list[Document]:
        return list(self._read("officials"))

    def _read(self, name: str) -> Any:
        return read_yaml(self._folder / f"{name}.yaml")
