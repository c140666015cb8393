"""Maps as bytes that a browser draws, in a page of the app or in a file of their own."""
