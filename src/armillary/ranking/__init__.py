"""Everything that is written once over indicators: ranking, explanation, intervals, robustness, differences."""
