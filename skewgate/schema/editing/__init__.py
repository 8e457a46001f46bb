"""Changes a schema.pbtxt and keeps what people wrote around it."""
