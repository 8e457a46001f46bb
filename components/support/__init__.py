"""What several components share: artifacts, records, state, object stores."""
