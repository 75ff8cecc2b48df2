"""The commands of the command line, a module each.

A module has ``parser(commands)``, which adds the command to those that :mod:`reviewbook.cli` lists and sets ``run``,
a function from the options to the exit code. Network errors need no care there: ``main`` says what went wrong.
"""
