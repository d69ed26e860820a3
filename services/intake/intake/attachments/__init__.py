"""Files of a submission, from upload to removal."""
