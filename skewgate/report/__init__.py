"""The report: report.json for programs, a page for people."""
