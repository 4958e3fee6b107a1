"""The command line: one file a command, and the text that each prints."""
