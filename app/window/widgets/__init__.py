"""General widgets that do not depend on poses."""
