"""What there is to judge a sentence by: measures, their series and published tables, values and rank bounds."""
