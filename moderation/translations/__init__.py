"""The catalogues of readers' pages: a folder for each language, as gettext has it."""
