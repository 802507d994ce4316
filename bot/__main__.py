"""`python -m bot …`."""

from bot.terminal.app import leave, main

if __name__ == "__main__":
    try:
        main(prog_name="python -m bot")
    except SystemExit as end:
        leave(end.code)
