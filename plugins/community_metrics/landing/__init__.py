"""Files as they were received, and the ledger of what became of them."""
