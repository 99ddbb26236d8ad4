"""What helps to test programs that use keepwell, and what is plugged into it."""
