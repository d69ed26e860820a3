"""The officials' desk: lists, filters, map, team, bulk work."""
