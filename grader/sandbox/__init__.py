"""Back ends, strongest first."""
