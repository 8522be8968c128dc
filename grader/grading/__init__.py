"""The process that holds hidden tests: a pytest session over many submissions."""
