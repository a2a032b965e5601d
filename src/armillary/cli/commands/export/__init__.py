"""Write results and tables as others keep and find them: data packages, research objects, core tables with contracts."""
