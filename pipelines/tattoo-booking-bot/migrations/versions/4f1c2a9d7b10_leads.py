"""leads and system events"""

from alembic import op
import sqlalchemy as sa

revision = "4f1c2a9d7b10"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "leads",
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("wa_from", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False, server_default="NEW"),
        sa.Column("location_city", sa.String(120)),
        sa.Column("admin_notes", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False,
                  server_default=sa.func.now()),
    )
    op.create_index("ix_leads_wa_from", "leads", ["wa_from"], unique=True)
    op.create_table(
        "system_events",
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("event_type", sa.String(80), nullable=False),
        sa.Column("lead_id", sa.BigInteger, sa.ForeignKey("leads.id", ondelete="CASCADE")),
        sa.Column("correlation_id", sa.String(64)),
        sa.Column("details", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False,
                  server_default=sa.func.now()),
    )
    op.create_index("ix_system_events_lead_id", "system_events", ["lead_id"])
    op.create_index("ix_system_events_event_type", "system_events", ["event_type"])


def downgrade():
    op.drop_table("system_events")
    op.drop_table("leads")
