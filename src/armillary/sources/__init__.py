"""Raw files of others -> core tables: a folder a source; every record is kept, or refused with a reason that is counted."""
