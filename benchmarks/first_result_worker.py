"""The first result of a tool: `python first_result_worker.py TOOL BASELINE CURRENT`.

Runs in the tool's own environment, and needs nothing but the tool. What each branch holds is what
its user types: import, compare two CSV files, write the page.
"""

import sys


def main() -> None:
    """Compares two CSV files and writes the page of the report."""
    tool, baseline, current = sys.argv[1:]
    if tool == "skewgate":
        import skewgate

        report = skewgate.compare(baseline, current)
        print(report.save("report"))
    else:
        import pandas as pd
        from evidently import Report
        from evidently.presets import DataDriftPreset

        sides = pd.read_csv(current), pd.read_csv(baseline)
        # It raises on a column that is empty on one side, as one of these is.
        kept = [name for name in sides[0] if not any(each[name].isna().all() for each in sides)]
        found = Report([DataDriftPreset()]).run(*(each[kept] for each in sides))
        found.save_html("report.html")
        print("report.html")


if __name__ == "__main__":
    main()
