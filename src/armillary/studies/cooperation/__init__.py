"""Who works with whom: pairs, partners, blocs, network."""
