"""Templates of answers that an entity keeps."""
