int five() { return ONLY_THERE; }
