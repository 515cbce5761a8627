"""Jobs over many sites: read, plan, push."""
