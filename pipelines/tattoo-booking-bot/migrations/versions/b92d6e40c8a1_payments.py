"""payments: each checkout and each payment is taken once"""

from alembic import op
import sqlalchemy as sa

revision = "b92d6e40c8a1"
down_revision = "8c3e5b7a1f24"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "payments",
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("lead_id", sa.BigInteger, sa.ForeignKey("leads.id", ondelete="SET NULL")),
        sa.Column("checkout_session_id", sa.String(200), nullable=False),
        sa.Column("payment_intent_id", sa.String(200)),
        sa.Column("amount_pence", sa.Integer, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False, server_default="gbp"),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False,
                  server_default=sa.func.now()),
        sa.UniqueConstraint("checkout_session_id", name="uq_payments_checkout_session_id"),
        sa.UniqueConstraint("payment_intent_id", name="uq_payments_payment_intent_id"),
    )
    op.create_index("ix_payments_lead_id", "payments", ["lead_id"])


def downgrade():
    op.drop_table("payments")
