"""Handing notifications over: claimed, addressed, written, sent, recorded."""
