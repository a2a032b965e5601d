"""Documents for people: the audit page and the brief, as HTML, Markdown and PDF. Nothing here computes a number."""
