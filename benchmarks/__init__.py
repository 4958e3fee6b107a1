"""Speed and accuracy of oihsim on fixed problems; not part of the installed package."""
