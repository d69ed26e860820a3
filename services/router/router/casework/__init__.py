"""Work of officials on an assignment: acknowledge, ask, answer, transfer, note."""
