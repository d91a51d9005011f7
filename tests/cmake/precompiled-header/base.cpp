int base() { return VALUE; }
