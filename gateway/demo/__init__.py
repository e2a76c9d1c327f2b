"""Made-up districts and the story that `backpack demo` tells."""
