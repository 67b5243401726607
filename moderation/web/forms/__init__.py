"""The forms people fill in, a file for each part. WTForms checks; texts are cleaned before."""
