int common(int value);
