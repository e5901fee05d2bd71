SELECT suspected IS NOT NULL FROM incarnation
