"""Stance: ``python main.py --help`` lists the options."""

from app.cli.main import run

if __name__ == "__main__":
    run()
