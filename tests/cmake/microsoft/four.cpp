int four() { return ONLY_THERE; }
