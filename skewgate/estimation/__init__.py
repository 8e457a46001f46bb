"""Laws of chance: intervals, bands, change points; nothing here knows the product."""
