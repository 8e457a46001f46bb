"""What a served model saw and said."""
