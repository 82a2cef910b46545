"""Wrong solutions, one mistake each, that the suites have to catch."""
