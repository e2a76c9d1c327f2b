"""What a district answers to its peers."""
