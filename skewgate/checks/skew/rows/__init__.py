"""Are training and serving rows the same, row by row?"""
