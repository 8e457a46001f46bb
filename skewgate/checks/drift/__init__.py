"""Is it too different, and from what?"""
