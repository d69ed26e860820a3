"""Replies to the author: answers, approvals, interim replies, decisions on suggestions."""
