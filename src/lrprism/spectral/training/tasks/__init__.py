"""What a network can learn: its loss, its scores and its best epoch, one task per file."""
