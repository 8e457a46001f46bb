"""Windows of time: which a run takes and which a row lies in."""
