"""Runs one process of the router."""

from shared.server import serve

from router.app import create_app
from router.settings import RouterSettings


def main() -> None:
    serve(create_app(RouterSettings()))


if __name__ == "__main__":
    main()
