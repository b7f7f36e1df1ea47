"""The engine: runs the pipeline on a source, in threads."""

from app.engine.engine import Engine
from app.engine.results import EngineEvent, Result, Statistics

__all__ = ["Engine", "EngineEvent", "Result", "Statistics"]
