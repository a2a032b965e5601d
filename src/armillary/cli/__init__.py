"""The command line: argument parsing and printing only; no number is computed here."""
