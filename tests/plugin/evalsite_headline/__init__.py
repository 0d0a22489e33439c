"""An example of a plug-in: the pack `headline` and the judge `most_words`."""
