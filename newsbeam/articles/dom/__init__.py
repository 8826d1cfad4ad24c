"""The page as a document: decoding, what it claims about itself, its blocks, its text."""
