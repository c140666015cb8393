"""Models and datasets on the Hugging Face Hub: search, cards and files."""
