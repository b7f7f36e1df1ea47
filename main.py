"""Stance: ``python main.py --help`` tells what it does."""

from app.cli import leave, main
from app.resident import keep_small

if __name__ == "__main__":
    keep_small()
    leave(main())
