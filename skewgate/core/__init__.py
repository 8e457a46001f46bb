"""The words that every package uses: results, distributions, profiles, errors."""
