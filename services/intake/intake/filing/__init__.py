"""Filing a submission: by the form, the API or at the counter."""
