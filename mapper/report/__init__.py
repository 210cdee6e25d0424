"""What people and machines get to see: JSON objects and readable text. Computes nothing that decides anything."""
