"""How far contenders agree with each other, by neighbours, vectors and clusters."""
