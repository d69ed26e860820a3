"""`make evaluate-routing`: how good the classifier is, beside what needs no classifier."""
