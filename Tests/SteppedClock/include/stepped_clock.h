// Nothing to call: the library is loaded before a program and takes the place of the clock it reads.
