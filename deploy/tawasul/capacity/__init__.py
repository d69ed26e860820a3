"""How much of what is needed for how many people, computed from what one submission was measured to cost."""
