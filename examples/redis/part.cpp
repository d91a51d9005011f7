int part(int value) { return 2 * value; }
