"""Sides, turns, figures and tables. Needs nothing but Python's own library."""
