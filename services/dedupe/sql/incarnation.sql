SELECT value FROM incarnation
