"""Files that models are trained with: what a line may be, and what is wrong with it. It thinks, and reaches nothing."""
