"""The seven screens. The first answers the one question of the night."""

from tawasul.dashboards.people import DEADLINES, ENTITY, WAITING
from tawasul.dashboards.services import DELIVERY, INTAKE, ROUTING
from tawasul.dashboards.stores import STORES

BOARDS = (WAITING, INTAKE, ROUTING, DEADLINES, DELIVERY, STORES, ENTITY)
