"""Reports that come back about mail, and receipts of gateways."""
