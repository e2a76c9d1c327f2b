"""What the agency answers: federation, locate."""
