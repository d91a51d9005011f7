int part(int value);
