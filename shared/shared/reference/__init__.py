"""The country as services know it, and the rules that several of them need."""
