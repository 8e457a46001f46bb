"""Is the data valid: TFDV's anomalies, and how sure each is."""
