"""Alert rules and decisions: who is told what, and why not."""
