"""The officials' desk: what is to be done, what is due next on top."""
