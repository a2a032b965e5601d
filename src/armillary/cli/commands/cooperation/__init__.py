"""Who works with whom: partners, growth, blocs, brokers, networks."""
