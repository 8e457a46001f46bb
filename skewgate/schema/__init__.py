"""The life of schema.pbtxt: reading, comparing, editing."""
