"""`python -m mapper`."""

from mapper.cli.start import main

if __name__ == "__main__":
    main()
