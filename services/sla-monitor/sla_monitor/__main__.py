from shared.server import serve

from sla_monitor.app import create_app
from sla_monitor.settings import Settings

if __name__ == "__main__":
    serve(create_app(Settings()))
