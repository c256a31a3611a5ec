"""What stands out in what is stored. Pure: facts and a time in, findings out."""
