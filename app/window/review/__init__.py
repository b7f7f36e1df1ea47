"""Review of an analysed source: people, plots and notes."""
