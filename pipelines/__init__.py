"""The graph, the stages and the commands.  The only package that imports Apache Beam."""
