"""What is given: arms, doses, regimens, and rules that react to the subject."""
