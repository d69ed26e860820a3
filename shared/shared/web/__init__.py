"""The common part of all pages: one look, two languages, forms and refusals. No business rule."""
