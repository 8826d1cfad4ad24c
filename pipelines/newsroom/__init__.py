"""The sample newsroom: a small web of fictional outlets, for the demo and as the test fixture."""
