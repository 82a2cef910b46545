"""The images of the grader: how they are made, and the search for what may not be in them."""
