"""What is true of backpacks, transfers and trust, with no input or output."""
