"""Code that fetches rows from local systems, or writes rows to them. It interprets nothing."""
