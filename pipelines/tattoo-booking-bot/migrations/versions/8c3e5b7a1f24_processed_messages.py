"""processed messages: each message of WhatsApp is taken once"""

from alembic import op
import sqlalchemy as sa

revision = "8c3e5b7a1f24"
down_revision = "4f1c2a9d7b10"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "processed_messages",
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("message_id", sa.String(160), nullable=False),
        sa.Column("lead_id", sa.BigInteger, sa.ForeignKey("leads.id", ondelete="CASCADE"),
                  nullable=False),
        sa.Column("body", sa.Text),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=False,
                  server_default=sa.func.now()),
        sa.UniqueConstraint("message_id", name="uq_processed_messages_message_id"),
    )
    op.create_index("ix_processed_messages_lead_id", "processed_messages", ["lead_id"])


def downgrade():
    op.drop_table("processed_messages")
