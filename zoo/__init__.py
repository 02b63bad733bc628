"""The zoo: small networks of public libraries, each explained and checked; `make zoo` writes docs/zoo.md."""
