"""`python -m router …` as an operator types it: a model is made, listed, taken into use; what cannot be is said."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import yaml
from router.directory.model import Country
from router.directory.store import PUBLICATIONS, Publication, Publications
from router.operations.command_line import run

from tests.support.infrastructure import Database, Infrastructure
from tests.support.router import NOW, a_country
from tests.support.text_model import TEXTS

Typed = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
def typed(
    infrastructure: Infrastructure,
    mongo_database: Database,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Typed:
    """A command; its exit code, what it said, and what it said was wrong."""
    environment = {
        "TAWASUL_KAFKA_BOOTSTRAP": infrastructure.kafka_bootstrap,
        "TAWASUL_MONGO_URI": infrastructure.mongo_uri,
        "TAWASUL_MONGO_DATABASE": mongo_database.name,
        "TAWASUL_OIDC_ISSUER": "http://nobody.invalid",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    async def _typed(*arguments: str | Path) -> tuple[int, str, str]:
        code = await asyncio.to_thread(run, [str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return _typed


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    file = tmp_path / "texts.yaml"
    labelled = [
        {"category": label, "language": "en", "split": "train", "text": text}
        for label, some in TEXTS.items()
        for text in some
    ]
    file.write_text(yaml.safe_dump(labelled, allow_unicode=True))
    return file


async def published(database: Database) -> None:
    country = Country.model_validate(a_country())
    await Publications(database[PUBLICATIONS]).add(Publication(1, NOW, "administrator", country=country))


async def test_a_model_is_made_listed_and_rolled_back(mongo_database: Database, typed: Typed, texts: Path) -> None:
    assert await typed("models") == (0, "no model is in use\n", "")
    await published(mongo_database)
    code, said, _ = await typed("train", "--texts", texts)
    assert (code, said.splitlines()[-1]) == (0, "model 1 is in use")
    assert "3 categories, 18 texts, 0 corrections" in said
    code, said, _ = await typed("train", "--keep")
    assert (code, said.splitlines()[-1]) == (0, "it is not used: `use-model 2` takes it into use")
    assert (await typed("use-model", "2"))[:2] == (0, "model 2 is in use\n")
    assert (await typed("use-model", "1"))[:2] == (0, "model 1 is in use\n")
    code, said, _ = await typed("models")
    assert [line[:9] for line in said.splitlines()] == ["  model 2", "* model 1"]


async def test_what_cannot_be_done_is_said_in_one_line_and_changes_nothing(
    infrastructure: Infrastructure,
    mongo_database: Database,
    typed: Typed,
    texts: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused = [await typed("train", "--texts", texts), await typed("use-model", "9")]
    await published(mongo_database)
    missing, unknown = texts.with_name("missing.yaml"), texts.with_name("unknown.yaml")
    unknown.write_text("- {category: rubbish, language: fr, split: train, text: Ordures}")
    refused += [await typed("train", "--texts", file) for file in (missing, unknown)]
    stranger = infrastructure.mongo_uri.replace("mongodb://", "mongodb://nobody:unknown@")
    monkeypatch.setenv("TAWASUL_MONGO_URI", stranger)
    refused.append(await typed("train", "--texts", texts))
    for (code, said, wrong), words in zip(
        refused,
        (
            "no directory was published yet",
            "there is no model 9",
            "missing.yaml cannot be read",
            "0.language",
            "MongoDB",
        ),
        strict=True,
    ):
        assert (code, said, wrong.count("\n")) == (1, "", 1), wrong
        assert wrong.startswith("router: ")
        assert words in wrong
    assert await mongo_database["models"].count_documents({}) == 0
