"""What protects a student: holds, flags, tasks of the officers, and emergencies."""
