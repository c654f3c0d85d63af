"""The chain that tells who is asking. Each link answers None for "not mine", and raises for "mine, and bad"."""
