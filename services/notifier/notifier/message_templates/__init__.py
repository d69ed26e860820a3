"""Message templates: drafted, checked, previewed, published."""
