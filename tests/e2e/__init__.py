"""Stories in a browser. A package, so that its site and its browser end with its last story."""
