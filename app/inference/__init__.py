"""Networks on ONNX Runtime, and the cards that say how to feed them."""

from app.system.environment import prepare_environment

prepare_environment()  # before any module of this package imports ONNX Runtime
