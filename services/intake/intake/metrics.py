"""Metrics that several capabilities count."""

from prometheus_client import Counter

SIGN_INS = Counter("tawasul_intake_sign_ins_total", "Steps of browser sessions, by what came of them", ["outcome"])
FILES = Counter("tawasul_intake_files_total", "Files that were sent, by what came of them", ["outcome"])
FILES.labels("scanner-away")  # pre-created, so that `rate()` sees the first increment
