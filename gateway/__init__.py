"""The backpack gateway: a node that moves student records between school districts."""
