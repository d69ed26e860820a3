"""The abuse list and the submissions it holds back."""
