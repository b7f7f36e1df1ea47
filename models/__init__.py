"""The networks in PyTorch, one architecture a file, with the parameter names of their authors."""
