"""SchemaSkewValidator: anomalies and skew under skew.yaml."""
