"""What the books contain: money, dates, customers, invoices, VAT. Frozen values, no input or output."""
