"""What the router does, one function per fact, command or publication. They decide; others write."""
