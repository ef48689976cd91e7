"""How a write happens: plan, preview, consent, carry out once, verify, settle."""
