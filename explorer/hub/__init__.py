"""What the Hugging Face Hub has: models and datasets, their cards, and their files."""
