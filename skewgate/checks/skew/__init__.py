"""Are the data valid, and are training and serving rows the same?"""
