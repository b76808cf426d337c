"""Every case, by file. A case is a function `case_*` that takes a World; its first line of doc says what must hold."""
