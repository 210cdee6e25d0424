"""The nouns: frozen, validated data that every other part reads. Imports nothing else of the package."""
