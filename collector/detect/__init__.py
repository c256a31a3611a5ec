"""What stands out in what is stored: counted by SQL, judged by pure functions, findings out."""
