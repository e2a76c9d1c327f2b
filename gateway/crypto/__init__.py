"""Keys, signatures, encryption and the statements that chain trust."""
