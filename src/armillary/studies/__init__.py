"""What no single indicator answers: cooperation, leadership, clusters, highly cited candidates, dossiers, goals, policy, profiles."""
