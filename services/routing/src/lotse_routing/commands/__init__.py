"""What people do on the command line besides serving."""
