"""The documentation as a site: what `mkdocs.yml` needs beside the pages in `docs/`."""
