"""The component that mounts the map of `explorer.share.map` in a page, and what comes back from it."""
