"""The comparison with peers: sides, turns, figures, tables. Needs nothing but Python's own library."""
