"""Parts of keepwell that are of use on their own."""
