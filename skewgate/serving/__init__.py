"""What a served model saw and said: from the events of its server to rows."""
