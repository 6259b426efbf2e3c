"""Shots rendered from vector drawings by people: exact ink, paint, shade, identity and flow."""
