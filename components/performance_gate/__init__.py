"""PerformanceGate: is the model good enough, and how sure is that?"""
