"""Stance: ``python main.py --help`` tells what it does."""

from app.cli import leave, main
from app.resident import kept_small

if __name__ == "__main__":
    with kept_small():
        code = main()
    leave(code)
