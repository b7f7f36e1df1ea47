"""What every part of the window uses: tasks, preferences, actions."""
