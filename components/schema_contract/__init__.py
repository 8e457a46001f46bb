"""SchemaContract: brings a reviewed schema.pbtxt into a pipeline."""
