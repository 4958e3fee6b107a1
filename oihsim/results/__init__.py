"""What is read from a result without the simulator: endpoints, tests, comparisons, figures."""
