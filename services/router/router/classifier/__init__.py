"""The text model in service: trained, kept, chosen, asked."""
