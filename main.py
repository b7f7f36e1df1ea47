"""Stance: ``python main.py --help`` tells what it does."""

from app.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
