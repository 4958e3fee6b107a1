"""What the body does to a drug; it ends at dimensionless drives on targets."""
