"""The component that draws maps: WebGL in the browser, bytes from here."""
