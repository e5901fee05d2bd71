SELECT value << 40 FROM incarnation
