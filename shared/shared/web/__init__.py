"""What all pages share: one look, two languages, forms and refusals. No business rule."""
