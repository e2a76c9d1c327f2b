"""What becomes of a received record in the local system: proposed, decided by a person, undone if need be."""
