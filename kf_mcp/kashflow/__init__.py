"""How to speak KashFlow's SOAP: the contract, the connection, and one file per noun. The only package that knows zeep."""
