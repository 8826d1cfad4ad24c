"""What `newsbeam init` writes: settings with their defaults, a list of feeds, an example topic."""
