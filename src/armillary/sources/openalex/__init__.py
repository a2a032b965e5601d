"""OpenAlex: works, institutions, sources, topics and authors, of every schema generation since 2021."""
