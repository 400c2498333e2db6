"""The log of events: written in the transaction of the change, read in order."""
