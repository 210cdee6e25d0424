"""The command line: one module a command; nothing is decided or computed here."""
