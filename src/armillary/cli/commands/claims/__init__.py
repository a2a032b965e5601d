"""Claims in articles: propose them, measure how well they are found, list what a claims file can say."""
