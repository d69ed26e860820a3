"""The model that reads texts: what of a text it looks at, how it scores, how it is kept and how it is made."""
