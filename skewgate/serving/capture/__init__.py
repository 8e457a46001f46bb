"""Logs of model servers to rows: request and prediction in one row, by window."""
