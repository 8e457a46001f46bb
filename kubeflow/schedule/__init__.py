"""Recurring runs of compiled pipelines."""
