"""What a node does: one function a file, over the ports of `Node`."""
