tk_alive() {
  false
}

tk_be_client() {
  :
}
