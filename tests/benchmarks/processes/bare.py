"""An endpoint that does nothing but answer 201: what server, generator and machine cost by themselves."""

from shared.operations.settings import ServiceSettings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn import run


async def accept(request: Request) -> Response:
    await request.body()
    return JSONResponse({}, 201)


async def ready(request: Request) -> Response:
    return JSONResponse({})


def main() -> None:
    settings = ServiceSettings()
    routes = [Route("/submissions", accept, methods=["POST"]), Route("/readyz", ready)]
    # The same server options as a service has.
    run(
        Starlette(routes=routes),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=False,
        backlog=1024,
    )


if __name__ == "__main__":
    main()
