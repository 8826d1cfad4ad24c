"""Stages: one plain function each, and one thin PTransform that spreads it."""
