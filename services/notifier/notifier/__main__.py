"""Runs one process of the notifier."""

from shared.serving.server import serve

from notifier.app import create_app
from notifier.settings import NotifierSettings


def main() -> None:
    serve(create_app(NotifierSettings()))


if __name__ == "__main__":
    main()
