"""`tawasul import`: any CSV of requests, filed through the public API; every row is accounted for.

mapping → rows → conversion → run (pace, sender) → ledger (rejects, journal) → report
"""
