"""Regimens in one line: read with errors that point at the word, printed back, expanded."""
