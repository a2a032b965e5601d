"""A classification of works of one's own (frozen topics, clusters of a citation network), into core table ``work_class``."""
