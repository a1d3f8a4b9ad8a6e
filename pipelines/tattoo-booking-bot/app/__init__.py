"""The tattoo booking bot: WhatsApp and Stripe webhooks in, leads and payments in PostgreSQL."""
