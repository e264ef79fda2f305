"""What tests use and no fixture can hold."""
