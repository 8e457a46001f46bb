"""SkewStatisticsGen: TFDV's statistics, with the slices that checks need."""
