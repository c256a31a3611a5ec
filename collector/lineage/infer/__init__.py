"""What caused an event of which nothing on the wire says it: guesses, with how sure they are and why. Pure."""
