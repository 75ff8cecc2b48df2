"""Whether the links of the book still lead somewhere: asked over the network, on command alone."""
