"""Images: reading files of strangers, and the images of a corpus's rows."""
