"""The architectures that can be converted, one module each: how each is recognised from its weights and built."""
