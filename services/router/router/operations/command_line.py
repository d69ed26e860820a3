"""`python -m router COMMAND`: what an operator runs beside the service, wired."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from pymongo.errors import PyMongoError
from shared.reference.working_time import utc_now
from shared.storage.mongo import connect

from router.app import models_in, publications_in
from router.cases.store import Assignments
from router.classifier.commands import learn
from router.classifier.examples import TooLittle
from router.classifier.material import TOO_LITTLE
from router.evaluation.run import evaluate
from router.operations.commands import CannotDo, list_models, read_texts, train_and_use, use_model
from router.settings import RouterSettings


def run(arguments: Sequence[str]) -> int:
    """The exit code: 1 where it could not be done, or where a figure is below what is wanted."""
    asked = _parser().parse_args(arguments)
    try:
        if asked.command == "learn":
            return _learn()
        if asked.command == "evaluate":
            return 0 if evaluate(asked.country, asked.data, asked.precision, print, asked.strict) else 1
        asyncio.run(_of_models(asked, RouterSettings()))
    except CannotDo as reason:
        print(f"router: {reason}", file=sys.stderr)
        return 1
    except PyMongoError as error:
        print(f"router: MongoDB did not do it ({type(error).__name__})", file=sys.stderr)
        return 1
    return 0


def _learn() -> int:
    """Behind all that serves. The exit code says whether it was the catalogue's fault."""
    os.nice(10)
    try:
        sys.stdout.buffer.write(learn(sys.stdin.buffer.read()))
    except TooLittle as error:
        print(f"router: {error}", file=sys.stderr)
        return TOO_LITTLE
    return 0


async def _of_models(asked: argparse.Namespace, settings: RouterSettings) -> None:
    client, database = connect(settings.mongo_uri.get_secret_value(), settings.mongo_database or "tawasul_router")
    models = models_in(database)
    try:
        if asked.command == "train":
            texts = [text for file in asked.texts for text in read_texts(file)]
            stores = models, publications_in(database), Assignments(database)
            await train_and_use(*stores, texts, asked.precision, asked.keep, utc_now(), print)
        elif asked.command == "use-model":
            await use_model(models, asked.version, print)
        else:
            await list_models(models, print)
    finally:
        await client.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m router", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="make a model from the catalogue, texts and officials' corrections")
    train.add_argument("--texts", type=Path, action="append", default=[], help="YAML file of labelled texts")
    train.add_argument("--keep", action="store_true", help="store it and do not use it")
    commands.add_parser("models", help="list the models with their scores")
    use = commands.add_parser("use-model", help="take a version into use; an older one rolls back")
    use.add_argument("version", type=int)
    commands.add_parser("learn", help="make one model of what is read, and write it: the service's own")
    judge = commands.add_parser("evaluate", help="print how good the classifier is on texts not trained on")
    judge.add_argument("--country", type=Path, required=True, help="folder with categories.yaml and texts.yaml")
    judge.add_argument("--data", type=Path, help="folder with arabic/ and boston311/; skipped without")
    judge.add_argument("--strict", action="store_true", help="fail where a figure wanted of unseen texts is not held")
    for parser_of_one in (train, judge):
        parser_of_one.add_argument("--precision", type=_share, default=0.97, help="wanted of what is decided alone")
    return parser


def _share(written: str) -> float:
    share = float(written)
    if not 0.5 <= share < 1:
        raise argparse.ArgumentTypeError("a share from 0.5 to below 1")
    return share
