"""Stance: ``python main.py --help`` tells what it does."""

from app.cli import leave, main

if __name__ == "__main__":
    leave(main())
