"""What a log is, whoever wrote it: the contract, events, times, and where lines have what."""
