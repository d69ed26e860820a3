"""What an author is told: answers, approvals, interim replies, decisions on suggestions."""
