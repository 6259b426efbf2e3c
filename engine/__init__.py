"""Arrays in, arrays out: colours line art from hints."""
