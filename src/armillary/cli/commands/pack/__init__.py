"""An observatory without its records: sums, yardsticks, names and places in one small folder or zip."""
