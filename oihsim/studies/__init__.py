"""Many runs for one question: points, sweeps, sensitivity, recognition, summaries, washout."""
