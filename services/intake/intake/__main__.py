"""Runs one process of intake."""

from shared.serving.server import serve

from intake.app import create_app
from intake.settings import IntakeSettings


def main() -> None:
    serve(create_app(IntakeSettings()))


if __name__ == "__main__":
    main()
