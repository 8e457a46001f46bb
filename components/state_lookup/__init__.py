"""StateLookup: finds what an earlier run left behind."""
