"""`python -m tcpmodel` is the command line."""

from tcpmodel.cli import main

main(prog_name="tcpmodel")
