"""Published tables: do their columns, years and ranks agree with each other?"""
