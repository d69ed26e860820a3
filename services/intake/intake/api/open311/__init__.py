"""Open311 GeoReport v2: submissions and the catalogue for programs that speak the standard of cities."""
