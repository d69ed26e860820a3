"""Everything that has to be put right before a directory is published."""

from router.directory.areas import faults_of_areas, faults_of_blocks, faults_of_cover
from router.directory.checks import faults
from router.directory.faults import Fault
from router.directory.model import Country


def faults_of(country: Country) -> list[Fault]:
    """In the order of the document. Takes a while for a large country: call it in a thread."""
    shapes = [*faults_of_areas(country.areas)]
    cover = [] if shapes else [*faults_of_cover(country)]
    return [*faults(country), *shapes, *cover, *faults_of_blocks("places", country.places)]
