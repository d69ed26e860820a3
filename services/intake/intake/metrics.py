"""Intake's own metrics that more than one room counts."""

from prometheus_client import Counter

SIGN_INS = Counter("tawasul_intake_sign_ins_total", "Steps of browser sessions, by what came of them", ["outcome"])
FILES = Counter("tawasul_intake_files_total", "Files that were sent, by what came of them", ["outcome"])
FILES.labels("scanner-away")  # from nought: what begins at one has not increased
