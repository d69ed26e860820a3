"""The award of a period, with its calculation and contests."""
