"""What can follow a search: words beside vectors, a closer reading of the hits, and variety among them."""
