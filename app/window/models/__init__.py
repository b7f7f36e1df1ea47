"""Loading, importing, listing and benchmarking of models."""
