"""Claims: a small typed language for published sentences, the evidence they are held against, and verdicts that guess nothing."""
