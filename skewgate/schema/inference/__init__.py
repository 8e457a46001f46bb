"""The schema that data suggest, as TFDV infers it, without TFDV."""
