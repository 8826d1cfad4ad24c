"""The pages of the dashboard: one function each."""
