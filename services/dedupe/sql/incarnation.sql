SELECT incarnation FROM incarnation
