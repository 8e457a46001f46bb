"""DriftEvaluator: is the data too different from the baseline?"""
